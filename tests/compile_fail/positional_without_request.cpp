// A positional argument of a route that takes nothing.
// expect-first: pando: a positional argument is no field of the request
// expect: Shop
// expect-named: "list"
// expect-named: "id"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
using command = pando::cli::command<"list">;
#else
using command = pando::cli::command<"list", pando::cli::positional<"id">>;
#endif
struct Shop : pando::controller<"shop", pando::route<"list", int(), command>> {};

inline auto shop = pando::implement<Shop>(pando::on<"list"> = [] { return 7; }); // here
