// A number as the default of a text.
// expect-first: pando: the default of this pando::defaulted<T, value> is no value of its T
#include <pando/contract.hpp>

struct Order {
#ifdef PANDO_TWIN
  pando::defaulted<std::string, "25"> host;
#else
  pando::defaulted<std::string, 25> host; // here
#endif
};

int main() {
  Order const order{};
  return sizeof order == 0 ? 1 : 0;
}
