// Random octets from a generator of fewer bits than it says.
// expect-first: pando: uuid::random takes a generator whose low 32 bits are all random
#include <random>

#include <pando/contract.hpp>

int main() {
#ifdef PANDO_TWIN
  std::mt19937 generator;
#else
  std::minstd_rand generator;
#endif
  auto const made = pando::uuid::random(generator); // here
  return made == pando::uuid{} ? 1 : 0;
}
