// Something in a command that is no part of it.
// expect-first: pando: this cannot stand in pando::cli::command<"name", ...>
// expect: Shop
// expect: Item
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
using command = pando::cli::command<"show", pando::cli::positional<"id">>;
#else
using command = pando::cli::command<"show", Item>;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", int(Item), command>> {};

inline auto shop =
    pando::implement<Shop>(pando::on<"show"> = [](Item in) { return in.id; }); // here
