// A handler that gives something where its route gives nothing.
// expect-first: pando: a handler gives its route's result, or pando::task of it
// expect: Shop
// expect: void
// expect-named: "drop"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"drop", void(Item)>> {};

inline auto shop = pando::implement<Shop>( // here
#ifdef PANDO_TWIN
    pando::on<"drop"> = [](Item) {}
#else
    pando::on<"drop"> = [](Item in) { return in.id; }
#endif
);
