// A class that is not closed.
// expect-first: pando: the pattern of is::matches has a [ without its ]
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^[a-z]$">;
#else
using form = pando::is::matches<"^[a-z$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
