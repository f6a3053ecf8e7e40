// A service that is provided, but as another type than the handler's.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

#ifdef PANDO_TWIN
struct Shelf : Stock {};
#else
struct Shelf {
  Stock stock;
};
#endif

int main(int argc, char** argv) {
  Shelf shelf;
  return pando::app(shop).provide(shelf).main(argc, argv); // here
}
