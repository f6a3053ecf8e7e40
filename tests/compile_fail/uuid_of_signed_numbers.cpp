// Random octets from a generator of signed numbers.
// expect-first: pando: uuid::random takes a generator of unsigned numbers of 32 bits or more
#include <pando/contract.hpp>

int main() {
  unsigned next = 1;
#ifdef PANDO_TWIN
  auto const made = pando::uuid::random([&] { return ++next; });
#else
  auto const made = pando::uuid::random([&] { return static_cast<int>(++next); }); // here
#endif
  return made == pando::uuid{} ? 1 : 0;
}
