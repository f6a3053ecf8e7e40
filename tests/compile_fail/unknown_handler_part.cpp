// Something in `on` that cannot stand there.
// expect-first: pando: this cannot stand in pando::on<"route", ...>
// expect: Shop
// expect: raises
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Gone {};
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), pando::raises<Gone>>> {};

#ifdef PANDO_TWIN
using part = pando::blocking;
#else
using part = pando::raises<Gone>;
#endif

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show", part> = [](Item in) { return in.id; });
