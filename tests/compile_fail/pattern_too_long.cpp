// A pattern that becomes too long when it is written out.
// expect-first: pando: the pattern of is::matches is over 256 characters
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^(abc){50}$">;
#else
using form = pando::is::matches<"^(abc){100}$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
