// An app that lacks a service and is opened by its core.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

void run() {
#ifdef PANDO_TWIN
  Stock stock;
  auto app = pando::app(shop).provide(stock);
#else
  auto app = pando::app(shop);
#endif
  pando::app_core& core = app.core(); // here
  (void)core.is_serving();
}
