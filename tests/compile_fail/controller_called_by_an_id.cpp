// A client of a controller with an id.
// expect-first: pando: a controller has no instances; call client<Controller>() without an id
// expect: Shop
#include <pando/app/app.hpp>

#include "support/shop.hpp"

pando::task<int> run() {
  Stock stock;
  auto app = pando::app(shop).provide(stock);
#ifdef PANDO_TWIN
  auto api = app.client<Shop>();
#else
  auto api = app.client<Shop>("7"); // here
#endif
  co_return co_await api.call<"show">(7);
}
