// Two handlers for one route.
// expect-first: pando: two handlers for one route: controller, route
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define OTHER "hide"
#else
#define OTHER "show"
#endif

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>,
                                pando::route<"hide", int(Item)>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](Item in) { return in.id; },
    pando::on<OTHER> = [](Item in) { return in.id; },
#ifndef PANDO_TWIN
    pando::on<"hide"> = [](Item) { return 0; }
#else
    pando::on<"hide", pando::cli::command<>> = [](Item) { return 0; }
#endif
);
