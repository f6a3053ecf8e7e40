// One function as the handler of one route, twice.
// expect-first: pando: two handlers for one route: controller, route
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};

inline int show(Item in) { return in.id; }

inline auto shop = pando::implement<Shop>( // here
#ifndef PANDO_TWIN
    pando::on<"show"> = &show,
#endif
    pando::on<"show"> = &show);
