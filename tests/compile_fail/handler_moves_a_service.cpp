// A handler that would take a service away.
// expect-first: pando: a handler takes its route's request by value and all else by reference
// expect: Shop
// expect: Stock
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Stock {
  int count;
};
#ifdef PANDO_TWIN
using stock = Stock&;
#else
using stock = Stock&&;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](Item in, stock from) { return from.count + in.id; });
