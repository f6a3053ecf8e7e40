// Proves that the package is found, compiles and runs.
#include <pando/config.hpp>

#include <cstdio>

int main() {
  std::puts("pando " PANDO_VERSION_STRING);
}
