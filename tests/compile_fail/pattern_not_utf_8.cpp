// A pattern of octets that are no text.
// expect-first: pando: the pattern of is::matches is not UTF-8
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"a\xc3\xbf">;
#else
using form = pando::is::matches<"a\xff">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
