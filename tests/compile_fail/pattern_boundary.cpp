// A word boundary, which is not taken.
// expect-first: pando: the pattern of is::matches has a word boundary, a back reference
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^ab$">;
#else
using form = pando::is::matches<"^\\bab$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
