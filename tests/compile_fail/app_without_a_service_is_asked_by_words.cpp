// An app that lacks a service and is asked by words.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

pando::task<void> run() {
#ifdef PANDO_TWIN
  Stock stock;
  auto app = pando::app(shop).provide(stock);
#else
  auto app = pando::app(shop);
#endif
  std::string shown = co_await app.invoke("shop show", "{}"); // here
  (void)shown;
}
