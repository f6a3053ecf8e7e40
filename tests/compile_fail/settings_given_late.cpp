// Settings given to an app that has a name already.
// expect-first: pando: an app is composed in one expression: auto app = pando::app(users).provide(
// expect: ShopSettings
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct ShopSettings {
  int port;
};

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  auto app = pando::app(shop).provide(stock).settings<ShopSettings>();
  return app.main(argc, argv);
#else
  auto app = pando::app(shop).provide(stock);
  return app.settings<ShopSettings>().main(argc, argv); // here
#endif
}
