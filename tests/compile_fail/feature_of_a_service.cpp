// A service given to a feature by value: the feature's own items are looked at.
// expect-first: pando: this cannot be given to pando::app; it takes pando::implement<...>
// expect: Stock
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  auto selling = pando::feature("selling", shop, std::ref(stock));
#else
  auto selling = pando::feature("selling", shop, stock);
#endif
  return pando::app(selling).main(argc, argv); // here
}
