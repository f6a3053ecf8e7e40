// A contract of a hundred routes, one of which takes what cannot be sent.
// expect-first: pando: values of this type cannot be sent
// expect: Shop
// expect: Order
// expect-named: "route57"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Order {
#ifdef PANDO_TWIN
  int id;
#else
  int* id;
#endif
};
struct Shop : pando::controller<"shop",
pando::route<"route57", int(Order)>,
#include "support/other_routes.inc"
> {};

inline auto shop = pando::implement<Shop>( // here
pando::on<"route57"> = [](Order) { return 7; },
#include "support/other_handlers.inc"
);
