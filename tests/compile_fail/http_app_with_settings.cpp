// An app of HTTP alone that is to read settings.
// expect-first: pando: settings are read by the command line, which an app of HTTP alone does not
// expect: ShopSettings
#include <pando/app/http_app.hpp>

#include "support/shop.hpp"

struct ShopSettings {
  int port;
};

int main() {
  Stock stock;
#ifdef PANDO_TWIN
  ShopSettings settings{};
  auto app = pando::http_app(shop).provide(stock).provide(settings);
#else
  auto app = pando::http_app(shop).provide(stock).settings<ShopSettings>(); // here
#endif
  return app.run({.http = 3000});
}
