// A rule of numbers on a text.
// expect-first: pando: a rule of this pando::checked<T, rules...> cannot check its T
#include <pando/contract.hpp>

struct Order {
#ifdef PANDO_TWIN
  pando::checked<std::string, pando::is::min_length<3>> name;
#else
  pando::checked<std::string, pando::is::at_least<3>> name; // here
#endif
};

int main() {
  Order const order{};
  return sizeof order == 0 ? 1 : 0;
}
