// Settings that are no struct.
// expect-first: pando: settings are a struct, whose fields are flags, environment variables
// expect: int
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct ShopSettings {
  int port;
};

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(shop).provide(stock).settings<ShopSettings>().main(argc, argv);
#else
  return pando::app(shop).provide(stock).settings<int>().main(argc, argv); // here
#endif
}
