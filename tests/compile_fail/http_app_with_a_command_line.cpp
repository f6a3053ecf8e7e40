// An app of HTTP alone whose command line is run.
// expect-first: pando: an app of HTTP alone has no command line; start it by .run({.http = 3000})
#include <pando/app/http_app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
  auto app = pando::http_app(shop).provide(stock);
#ifdef PANDO_TWIN
  (void)argc, (void)argv;
  return app.run({.http = 3000});
#else
  return app.main(argc, argv); // here
#endif
}
