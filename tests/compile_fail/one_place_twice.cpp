// One HTTP method and path on two routes of a controller.
// expect-first: pando: two routes answer at one place
// expect: Shop
// expect-named: "first"
// expect-named: "second"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
#define OTHER "/other/{id}"
#else
#define OTHER "/{id}"
#endif

struct Item {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"first", Item(Item), pando::http::get<"/{id}">>,
                        pando::route<"second", Item(Item), pando::http::get<OTHER>>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"first"> = [](Item in) { return in; },
    pando::on<"second"> = [](Item in) { return in; });
