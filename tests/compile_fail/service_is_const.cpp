// A service given as const that a handler may change.
// expect-first: pando: what this handler or guard asks for was given as const; ask for it by
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
#ifdef PANDO_TWIN
  Stock stock;
#else
  Stock const stock;
#endif
  return pando::app(shop).provide(stock).main(argc, argv); // here
}
