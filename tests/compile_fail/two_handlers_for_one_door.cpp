// Two handlers of one route for one door, besides that for every other.
// expect-first: pando: two handlers for one route: controller, route
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), pando::cli::command<>>> {};

inline int show(Item in) { return in.id; }

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = &show,
#ifndef PANDO_TWIN
    pando::on<"show", pando::cli::command<>> = &show,
#endif
    pando::on<"show", pando::cli::command<>> = &show);
