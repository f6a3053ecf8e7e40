// A range that runs backwards.
// expect-first: pando: the pattern of is::matches has a range like [z-a]
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^[a-z]$">;
#else
using form = pando::is::matches<"^[z-a]$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
