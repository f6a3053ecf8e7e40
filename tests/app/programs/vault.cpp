// The vault as a program. VAULT_REFUSES names the guard that lets nobody in.
#include <cstdlib>

#include "app/vault.hpp"

int main(int argc, char** argv) {
  vault::guards guards;
  if (char const* const name = std::getenv("VAULT_REFUSES")) guards.all.refuses = name;
  return vault::make_app(guards).main(argc, argv);
}
