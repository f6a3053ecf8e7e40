// A hook that asks for a service that nobody provides.
// expect-first: pando: nothing provides what a hook (on_start, on_stop) asks for; give it to the
// expect: Clock
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct Clock {
  int now = 0;
};

int main(int argc, char** argv) {
  Stock stock;
  Clock clock;
  auto start = pando::on_start([](Clock& from) { from.now = 1; });
#ifdef PANDO_TWIN
  return pando::app(shop, start).provide(stock).provide(clock).main(argc, argv);
#else
  return pando::app(shop, start).provide(stock).main(argc, argv); // here
#endif
}
