// A field that points to what is not sent.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Order
// expect: int*
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Order {
  std::string what;
#ifdef PANDO_TWIN
  int count;
#else
  int* count;
#endif
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
