// A client's call of a name that two routes have.
// expect-first: pando: two routes of one name: controller, route
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
#define NAME "hide"
#else
#define NAME "show"
#endif
struct Shop
    : pando::controller<"shop", pando::route<"show", int(Item)>, pando::route<NAME, int(Item)>> {};

pando::task<int> show(pando::client<Shop> api) {
  int const shown = co_await api.call<"show">(7); // here
  co_return shown;
}
