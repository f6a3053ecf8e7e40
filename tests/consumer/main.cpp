// What a project outside the tree compiles to prove that it found Pando.
#include <pando/config.hpp>

#include <cstdio>

int main() {
  std::puts("pando " PANDO_VERSION_STRING);
}
