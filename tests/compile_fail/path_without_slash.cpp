// An HTTP path without its leading slash.
// expect-first: pando: the path of an HTTP marker begins with '/': controller, route, marker
// expect: Shop
// expect-named: "show"
// expect-named: "{id}"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define PATH "/{id}"
#else
#define PATH "{id}"
#endif

struct ItemId {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"show", int(ItemId), pando::http::get<PATH>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](ItemId in) { return in.id; });
