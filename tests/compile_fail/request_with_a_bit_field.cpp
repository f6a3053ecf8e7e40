// A bit-field, which no one can refer to. Clang 14 says so in words of its own.
// except: clang++ < 16
// expect-first: pando: the fields of this struct cannot be found by themselves
// expect: Shop
// expect: Order
// expect: a bit-field
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
struct Order {
  unsigned count;
  unsigned kind;
};
#else
struct Order {
  unsigned count : 4;
  unsigned kind : 4;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
