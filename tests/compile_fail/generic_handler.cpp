// A handler with an `auto` parameter: what it takes cannot be read from it.
// expect-first: pando: a handler is a function or a lambda without auto parameters
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};

#ifdef PANDO_TWIN
using given = Item;
#else
#define given auto
#endif

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](given in) { return in.id; });
