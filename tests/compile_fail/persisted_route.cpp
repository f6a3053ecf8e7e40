// A route of a controller that is to be persisted.
// expect-first: pando: this cannot stand in a route
// expect: Users
// expect: persisted
// expect-named: "count"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
struct Users : pando::controller<"user", pando::route<"count", int()>> {};
#else
struct Users : pando::controller<"user", pando::route<"count", int(), pando::persisted>> {};
#endif

inline auto users = pando::implement<Users>(pando::on<"count"> = [] { return 1; }); // here
