// A positional argument that is no field of the request.
// expect-first: pando: a positional argument is no field of the request
// expect: Shop
// expect: ItemId
// expect-named: "show"
// expect-named: "number"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define FIELD "id"
#else
#define FIELD "number"
#endif

struct ItemId {
  int id;
};
struct Shop
    : pando::controller<
          "shop", pando::route<"show", int(ItemId),
                               pando::cli::command<"show", pando::cli::positional<FIELD>>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](ItemId in) { return in.id; });
