// Something in a controller that cannot stand there.
// expect-first: pando: this cannot stand in a controller
// expect: Shop
// expect: blocking
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct ItemId {
  int id;
};
#ifdef PANDO_TWIN
struct Shop : pando::controller<"shop", pando::route<"show", int(ItemId), pando::blocking>> {};
#else
struct Shop : pando::controller<"shop", pando::route<"show", int(ItemId)>, pando::blocking> {};
#endif

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](ItemId in) { return in.id; });
