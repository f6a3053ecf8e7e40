// A class that holds nothing.
// expect-first: pando: the pattern of is::matches has an empty class []
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^[a]$">;
#else
using form = pando::is::matches<"^[]$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
