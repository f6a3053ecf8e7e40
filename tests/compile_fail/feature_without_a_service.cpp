// A feature whose controller asks for a service that neither it nor the app provides.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/app/app.hpp>

#include "support/shop.hpp"

int main(int argc, char** argv) {
  Stock stock;
  auto opening = pando::feature("opening", pando::on_start([] {}));
#ifdef PANDO_TWIN
  auto selling = pando::feature("selling", shop, opening, std::ref(stock));
#else
  auto selling = pando::feature("selling", shop, opening);
#endif
  return pando::app(selling).main(argc, argv); // here
}
