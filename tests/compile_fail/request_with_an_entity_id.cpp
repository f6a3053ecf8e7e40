// A request with a field of the name by which doors say which instance is meant.
// expect-first: pando: the request of this rpc has a field entity_id
// expect: Cart
// expect-named: "Add"
#include "support/counter.hpp"

struct Item {
  int pieces;
#ifndef PANDO_TWIN
  int entity_id;
#endif
};
struct Cart : pando::entity<"Cart", pando::rpc<"Add", int(Item)>> {};

inline auto carts = pando::implement<Cart>(pando::on<"Add"> = [](Item) { return 1; }); // here
