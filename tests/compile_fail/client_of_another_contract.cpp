// A client of a contract that the app does not serve.
// expect-first: pando: the app has no implementation of this contract; give pando::implement<...>
// expect: Store
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct Store : pando::controller<"store", pando::route<"show", int(Item)>> {};

pando::task<int> run() {
  Stock stock;
  auto app = pando::app(shop).provide(stock);
#ifdef PANDO_TWIN
  auto api = app.client<Shop>();
#else
  auto api = app.client<Store>(); // here
#endif
  co_return co_await api.call<"show">(7);
}
