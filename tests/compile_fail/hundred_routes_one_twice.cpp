// A contract of a hundred routes, one of which stands there twice.
// expect-first: pando: two routes of one name: controller, route
// expect: Shop
// expect-named: "route57"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define NAME "other"
#else
#define NAME "route57"
#endif
struct Item {
  int id;
};
struct Shop : pando::controller<"shop",
pando::route<NAME, int(Item)>,
pando::route<"route57", int(Item), pando::http::get<"/route57/{id}">, pando::cli::command<>>,
#include "support/other_routes.inc"
> {};

inline auto shop = pando::implement<Shop>( // here
pando::on<NAME> = [](Item in) { return in.id; },
pando::on<"route57"> = [](Item in) { return in.id; },
#include "support/other_handlers.inc"
);
