// A client over HTTP, in a test, of a contract that the app does not serve.
// expect-first: pando: the app has no implementation of this contract; give pando::implement<...>
// expect: Store
#include <pando/app/app.hpp>
#include <pando/testing/http_client.hpp>

#include "support/shop.hpp"

struct Store : pando::controller<"store", pando::route<"show", int(Item), pando::http::post<"/">>> {
};
struct Board : pando::controller<"board", pando::route<"show", int(Item), pando::http::post<"/">>> {
};
inline auto board = pando::implement<Board>(pando::on<"show"> = [](Item) { return 1; });

pando::task<int> run() {
  Stock stock;
  auto app = pando::app(shop, board).provide(stock);
#ifdef PANDO_TWIN
  auto api = pando::testing::http_client<Board>(app);
#else
  auto api = pando::testing::http_client<Store>(app); // here
#endif
  co_return co_await api.call<"show">(7);
}
