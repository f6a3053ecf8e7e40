// A client's call of a route whose request cannot be sent: said there too, where only clients are.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Item
// expect: int*
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>

struct Item {
#ifdef PANDO_TWIN
  int id;
#else
  int* id;
#endif
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};

pando::task<int> show(pando::client<Shop> api) {
  Item in{};
  int const shown = co_await api.call<"show">(in); // here
  co_return shown;
}
