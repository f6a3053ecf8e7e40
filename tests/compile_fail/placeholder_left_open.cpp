// A placeholder without its closing brace.
// expect-first: pando: a {placeholder} in the path is no field of the request
// expect: Shop
// expect-named: "/{id"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define PATH "/{id}"
#else
#define PATH "/{id"
#endif

struct ItemId {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"show", int(ItemId), pando::http::get<PATH>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](ItemId in) { return in.id; });
