// An app that lacks a service and makes a client.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

pando::task<int> run() {
#ifdef PANDO_TWIN
  Stock stock;
  auto app = pando::app(shop).provide(stock);
#else
  auto app = pando::app(shop);
#endif
  auto api = app.client<Shop>(); // here
  co_return co_await api.call<"show">(7);
}
