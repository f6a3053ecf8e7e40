// Proves that the package is found, compiles and runs.
#include <pando/contract.hpp>

#include <cstdio>

struct user_id { int id; };
struct Users : pando::controller<"user", pando::route<"drop", void(user_id)>> {};

int main() {
  std::printf("pando %s %s\n", PANDO_VERSION_STRING, Users::pando_name.view().data());
}
