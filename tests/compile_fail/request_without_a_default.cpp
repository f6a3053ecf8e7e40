// A field that cannot be made empty.
// expect-first: pando: a struct that is sent is made empty and then filled
// expect: Shop
// expect: Order
// expect: without default
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Count {
  explicit Count(int);
  int value;
};

#ifdef PANDO_TWIN
struct Order {
  int count;
  int id;
};
#else
struct Order {
  Count count;
  int id;
};
#endif
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
