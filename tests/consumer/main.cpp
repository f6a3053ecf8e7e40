// What a project outside the tree compiles to prove that it found Pando.
#include <pando/contract.hpp>

#include <cstdio>

struct user_id { int id; };
struct Users : pando::controller<"user", pando::route<"drop", void(user_id)>> {};

int main() {
  std::printf("pando %s %s\n", PANDO_VERSION_STRING, Users::pando_name.view().data());
}
