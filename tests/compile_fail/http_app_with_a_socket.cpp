// An app of HTTP alone that is asked where its Unix socket is.
// expect-first: pando: an app of HTTP alone has no Unix socket; one made by pando::app, from
#include <string>

#include <pando/app/http_app.hpp>

#include "support/shop.hpp"

int main() {
  Stock stock;
#ifdef PANDO_TWIN
  auto app = pando::app(shop).provide(stock);
#else
  auto app = pando::http_app(shop).provide(stock);
#endif
  std::string const path = app.socket_path(); // here
  return path.empty() ? 1 : 0;
}
