// A service given as const that a hook may change.
// expect-first: pando: what a hook (on_start, on_stop) asks for was given as const; ask for it by
// expect: Clock
#include <pando/app/app.hpp>

#include "support/shop.hpp"

struct Clock {
  int now = 0;
};

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  Clock clock;
#else
  Clock const clock;
#endif
  auto start = pando::on_start([](Clock& from) { from.now = 1; });
  return pando::app(shop, start).provide(stock).provide(clock).main(argc, argv); // here
}
