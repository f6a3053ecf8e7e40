// A type that is no rule.
// expect-first: pando: a rule of this pando::checked<T, rules...> cannot check its T
#include <pando/contract.hpp>

struct Order {
#ifdef PANDO_TWIN
  pando::checked<std::string, pando::is::non_empty> name;
#else
  pando::checked<std::string, int> name; // here
#endif
};

int main() {
  Order const order{};
  return sizeof order == 0 ? 1 : 0;
}
