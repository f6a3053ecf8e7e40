// The same where the app serves in a coroutine: one error, however much it is used.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

pando::task<std::string> run() {
#ifdef PANDO_TWIN
  Stock stock;
  auto app = pando::app(shop).provide(stock);
#else
  auto app = pando::app(shop);
#endif
  co_await app.serve({.http = 0}); // here
  auto api = app.client<Shop>();
  int const given = co_await api.call<"show">(7);
  std::string shown = co_await app.invoke("shop show", R"({"id":7})");
  if (app.is_serving()) shown += app.socket_path();
  if (given == 7) co_await app.stop();
  co_return shown;
}
