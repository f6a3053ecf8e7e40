// A client's call that none of a hundred routes answers: as short as of two.
// expect-first: pando: the controller has no route of that name; was the last one meant?
// expect: Shop
// expect-named: "route57s"
// expect-named: "route57"
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop",
pando::route<"route57", int(Item), pando::http::get<"/route57/{id}">, pando::cli::command<>>,
#include "support/other_routes.inc"
> {};

pando::task<int> show(pando::client<Shop> api) {
#ifdef PANDO_TWIN
  int const shown = co_await api.call<"route57">(7);
#else
  int const shown = co_await api.call<"route57s">(7); // here
#endif
  co_return shown;
}
