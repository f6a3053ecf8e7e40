// A rule for texts on a number.
// expect-first: pando: a rule of this pando::checked<T, rules...> cannot check its T
// expect: pando::is::email
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using address = std::string;
#else
using address = int;
#endif

struct Letter {
  pando::checked<address, pando::is::email> to; // here
};

int main() {
  Letter const letter{};
  return pando::holds(letter.to) ? 0 : 1;
}
