// A C array, which takes the braces of many.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double, std::string
// expect: Shop
// expect: Order
// expect: vector, array, set
// expect-named: "buy"
#include <array>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#ifdef PANDO_TWIN
struct Order {
  std::array<int, 3> counts;
  int id;
};
#else
struct Order {
  int counts[3];
  int id;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
