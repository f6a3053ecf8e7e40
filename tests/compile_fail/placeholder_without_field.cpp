// A placeholder in a path that is no field of the request.
// expect-first: pando: a {placeholder} in the path is no field of the request
// expect: Shop
// expect: ItemId
// expect-named: "show"
// expect-named: "/{number}"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define PATH "/{id}"
#else
#define PATH "/{number}"
#endif

struct ItemId {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"show", int(ItemId), pando::http::get<PATH>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](ItemId in) { return in.id; });
