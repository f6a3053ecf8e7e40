// A stream of what cannot be sent.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Item*
// expect-named: "list"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>
#include <pando/runtime/stream.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
using item = Item;
#else
using item = Item*;
#endif
struct Shop : pando::controller<"shop", pando::route<"list", pando::stream<item>()>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"list"> = []() -> pando::stream<item> { co_return; });
