// A signature with two parameters.
// expect-first: pando: a signature is a function type with at most one request
// expect: Shop
// expect: ItemId
// expect: Amount
// expect-named: "order"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct ItemId {
  int id;
};
struct Amount {
  int pieces;
};
struct Order {
  ItemId item;
  Amount amount;
};
#ifdef PANDO_TWIN
using signature = int(Order);
#else
using signature = int(ItemId, Amount);
#endif
struct Shop : pando::controller<"shop", pando::route<"order", signature>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"order"> = [](Order in) { return in.item.id; });
