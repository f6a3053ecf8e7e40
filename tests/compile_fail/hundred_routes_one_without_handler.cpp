// A contract of a hundred routes, one of which has no handler: the answer is as short as of two.
// expect-first: pando: this route has no handler; write pando::on<"route"> = function in implement
// expect: Shop
// expect-named: "route57"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop",
pando::route<"route57", int(Item), pando::http::get<"/route57/{id}">, pando::cli::command<>>,
#include "support/other_routes.inc"
> {};

inline auto shop = pando::implement<Shop>( // here
#ifdef PANDO_TWIN
pando::on<"route57"> = [](Item in) { return in.id; },
#endif
#include "support/other_handlers.inc"
);
