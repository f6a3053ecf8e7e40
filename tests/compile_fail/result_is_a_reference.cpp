// A result that belongs to the server.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Item
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
using given = Item;
#else
using given = Item const&;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", given(Item)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in; }); // here
