// Settings with a field that no text can fill.
// expect-first: pando: values of this type cannot be sent
// expect: ShopSettings
// expect: char
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct ShopSettings {
  int port;
#ifdef PANDO_TWIN
  std::string host;
#else
  char const* host;
#endif
};

int main(int argc, char** argv) {
  Stock stock;
  return pando::app(shop).provide(stock).settings<ShopSettings>().main(argc, argv); // here
}
