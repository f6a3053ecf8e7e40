// A service that is a temporary, which no reference can keep.
// expect-first: pando: a service is kept by reference and outlives the app; name it first
// expect: Stock
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
#ifdef PANDO_TWIN
  Stock stock;
  return pando::app(shop).provide(stock).main(argc, argv);
#else
  return pando::app(shop).provide(Stock{}).main(argc, argv); // here
#endif
}
