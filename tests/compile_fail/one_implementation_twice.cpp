// One implementation given to an app twice.
// expect-first: pando: two controllers of one app have a route of one name, or at one place
// expect: Shop
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(shop).provide(stock).main(argc, argv);
#else
  return pando::app(shop, shop).provide(stock).main(argc, argv); // here
#endif
}
