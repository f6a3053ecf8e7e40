// Two controllers of one app that answer at one place.
// expect-first: pando: two controllers of one app have a route of one name, or at one place
// expect: Shop
// expect: Items
// expect-named: "show"
// expect-named: "one"
#include <pando/app/app.hpp>

#ifdef PANDO_TWIN
#define PATH "/items/of/{id}"
#else
#define PATH "/items/{id}"
#endif

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), pando::http::get<PATH>>> {};
struct Items
    : pando::controller<"shop/items", pando::route<"one", int(Item), pando::http::get<"/{id}">>> {};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; });
inline auto items = pando::implement<Items>(pando::on<"one"> = [](Item in) { return in.id; });

int main(int argc, char** argv) {
  return pando::app(shop, items).main(argc, argv); // here
}
