// A default of another type than the field.
// expect-first: pando: the default of this pando::defaulted<T, value> is no value of its T
#include <pando/contract.hpp>

struct Order {
#ifdef PANDO_TWIN
  pando::defaulted<int, 25> port;
#else
  pando::defaulted<int, "25"> port; // here
#endif
};

int main() {
  Order const order{};
  return sizeof order == 0 ? 1 : 0;
}
