// A lambda given to `implement` without its route.
// expect-first: pando: this is no handler; pando::implement takes pando::on<"route"> = function
// expect: Shop
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item)>> {};

inline auto shop = pando::implement<Shop>( // here
#ifdef PANDO_TWIN
    pando::on<"show"> = [](Item in) { return in.id; }
#else
    [](Item in) { return in.id; }
#endif
);
