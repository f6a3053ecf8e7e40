// A contract given to `app` in place of its implementation.
// expect-first: pando: this cannot be given to pando::app; it takes pando::implement<...>
// expect: Shop
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(shop).provide(stock).main(argc, argv);
#else
  return pando::app(Shop{}).provide(stock).main(argc, argv); // here
#endif
}
