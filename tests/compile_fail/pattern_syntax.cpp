// A pattern that is none is told at compile time, with what is wrong with it.
// expect-first: pando: the pattern of is::matches has a ( without its )
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using order_number = pando::is::matches<"^([A-Z]{2}|X)-[0-9]+$">;
#else
using order_number = pando::is::matches<"^([A-Z]{2}|X-[0-9]+$">;
#endif

struct Order {
  pando::checked<std::string, order_number> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
