// A route whose only handler is for one door.
// expect-first: pando: this route has no handler; write pando::on<"route"> = function in implement
// expect: Shop
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
struct Shop
    : pando::controller<"shop", pando::route<"show", int(Item), pando::cli::command<>>> {};

inline auto shop = pando::implement<Shop>( // here
#ifdef PANDO_TWIN
    pando::on<"show"> = [](Item in) { return in.id; },
#endif
    pando::on<"show", pando::cli::command<>> = [](Item in) { return in.id; });
