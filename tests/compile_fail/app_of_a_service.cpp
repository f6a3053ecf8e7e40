// A service given to `app` itself, by value.
// expect-first: pando: this cannot be given to pando::app; it takes pando::implement<...>
// expect: give services by .provide(object)
// expect: Stock
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(shop, std::ref(stock)).main(argc, argv);
#else
  return pando::app(shop, stock).main(argc, argv); // here
#endif
}
