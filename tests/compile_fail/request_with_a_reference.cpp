// A reference, which nothing can be put into.
// expect-first: pando: a struct that is sent is made empty and then filled
// expect: Shop
// expect: Order
// expect: a reference
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
struct Order {
  int id;
  std::string what;
};
#else
struct Order {
  int id;
  std::string& what;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
