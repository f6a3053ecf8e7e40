// A service that a handler asks for and nobody provides.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(shop).provide(stock).main(argc, argv);
#else
  return pando::app(shop).main(argc, argv); // here
#endif
}
