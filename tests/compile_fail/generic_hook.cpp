// A hook whose parameters cannot be known.
// expect-first: pando: a hook (on_start, on_stop) is a function or a lambda without auto parameters
// expect: lambda
#include <pando/app/app.hpp>

#include "support/shop.hpp"

#ifdef PANDO_TWIN
#define PARAMETER Stock
#else
#define PARAMETER auto
#endif

int main(int argc, char** argv) {
  Stock stock;
  auto stop = pando::on_stop([](PARAMETER& from) { from.count = 0; });
  return pando::app(shop, stop).provide(stock).main(argc, argv); // here
}
