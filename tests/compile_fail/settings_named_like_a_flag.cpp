// A setting that `serve` would take for its own flag.
// expect-first: pando: this field of the settings is named like a flag of `serve`
// expect: ShopSettings
// expect-named: "threads"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct ShopSettings {
  int port;
#ifdef PANDO_TWIN
  int workers;
#else
  int threads;
#endif
};

int main(int argc, char** argv) {
  Stock stock;
  return pando::app(shop).provide(stock).settings<ShopSettings>().main(argc, argv); // here
}
