// A task as the result: a contract says what is given, a handler how.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: awaitable<int
// expect-named: "show"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Item {
  int id;
};
#ifdef PANDO_TWIN
using given = int;
#else
using given = pando::task<int>;
#endif
struct Shop : pando::controller<"shop", pando::route<"show", given(Item)>> {};

inline auto shop = pando::implement<Shop>( // here
    pando::on<"show"> = [](Item in) -> pando::task<int> { co_return in.id; });
