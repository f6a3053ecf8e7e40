// A backslash before a letter that means nothing.
// expect-first: pando: the pattern of is::matches has a backslash before something
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^\\d$">;
#else
using form = pando::is::matches<"^\\y$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
