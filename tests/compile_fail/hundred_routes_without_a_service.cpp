// An app of a hundred routes, one of which asks for a service that nobody provides.
// expect-first: pando: nothing provides what this handler asks for; give it to the app by .provide(
// expect: Shop
// expect: Stock
// expect-named: "route57"
#include <pando/app/app.hpp>

struct Item {
  int id;
};
struct Stock {
  int count = 0;
};
struct Shop : pando::controller<"shop",
pando::route<"route57", int(Item), pando::http::get<"/route57/{id}">, pando::cli::command<>>,
#include "support/other_routes.inc"
> {};

inline auto shop = pando::implement<Shop>(
pando::on<"route57"> = [](Item in, Stock& stock) { return in.id + stock.count; },
#include "support/other_handlers.inc"
);

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(shop).provide(stock).main(argc, argv);
#else
  return pando::app(shop).main(argc, argv); // here
#endif
}
