// A service given to an app that has a name already.
// expect-first: pando: an app is composed in one expression: auto app = pando::app(users).provide(
// expect: Stock
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  auto app = pando::app(shop).provide(stock);
  return app.main(argc, argv);
#else
  auto app = pando::app(shop);
  return app.provide(stock).main(argc, argv); // here
#endif
}
