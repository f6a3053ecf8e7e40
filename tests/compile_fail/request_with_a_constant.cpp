// A constant, which cannot be filled in.
// expect-first: pando: a struct that is sent is made empty and then filled
// expect: Shop
// expect: Order
// expect: none is const
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
struct Order {
  int count = 0;
};
#else
struct Order {
  int const count = 0;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
