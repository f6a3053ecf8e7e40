// A repeat whose bounds are the wrong way round.
// expect-first: pando: the pattern of is::matches has a repeat in braces that is not {m}
#include <pando/contract.hpp>

#ifdef PANDO_TWIN
using form = pando::is::matches<"^a{2,3}$">;
#else
using form = pando::is::matches<"^a{3,2}$">;
#endif

struct Order {
  pando::checked<std::string, form> number; // here
};

int main() {
  Order const order{.number = "AB-7"};
  return pando::holds(order.number) ? 0 : 1;
}
