// Something in a route that cannot stand there.
// expect-first: pando: this cannot stand in a route
// expect: Shop
// expect: ItemGone
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct ItemId {
  int id;
};
struct ItemGone {
  int id;
};
#ifdef PANDO_TWIN
using part = pando::raises<ItemGone>;
#else
using part = ItemGone;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", int(ItemId), part>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](ItemId in) { return in.id; });
