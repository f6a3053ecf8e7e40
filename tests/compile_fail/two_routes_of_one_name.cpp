// Two routes of one name in a controller.
// expect-first: pando: two routes of one name: controller, route
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define OTHER "show_all"
#else
#define OTHER "show"
#endif

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", Item(Item)>,
                                pando::route<OTHER, Item()>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](Item in) { return in; }, pando::on<OTHER> = [] { return Item{}; });
