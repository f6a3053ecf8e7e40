// A handler that is a number.
// expect-first: pando: a handler is a function or a lambda without auto parameters
// expect: Shop
// expect: int
// expect-named: "count"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Shop : pando::controller<"shop", pando::route<"count", int()>> {};

#ifdef PANDO_TWIN
inline constexpr auto handler = [] { return 7; };
#else
inline constexpr auto handler = 7;
#endif

inline auto shop = pando::implement<Shop>(pando::on<"count"> = handler); // here
