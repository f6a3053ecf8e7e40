// One place on two routes, whose placeholders have different names.
// expect-first: pando: two routes answer at one place
// expect: whatever its placeholders are called
// expect: Shop
// expect-named: "by_id"
// expect-named: "by_name"
#include <string>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define PATH "/named/{name}"
#else
#define PATH "/{name}/"
#endif

struct ItemId {
  int id;
};
struct ItemName {
  std::string name;
};
struct Shop
    : pando::controller<"shop", pando::route<"by_id", int(ItemId), pando::http::get<"/{id}">>,
                        pando::route<"by_name", int(ItemName), pando::http::get<PATH>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"by_id"> = [](ItemId in) { return in.id; },
    pando::on<"by_name"> = [](ItemName) { return 1; });
