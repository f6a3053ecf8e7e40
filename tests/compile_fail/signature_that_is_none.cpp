// A signature that is no function type, asked for by a client.
// expect-first: pando: a signature is a function type with at most one request
// expect: Shop
// expect: Order
// expect-named: "order"
#include <pando/contract.hpp>
#include <pando/handler/client.hpp>

struct Order {
  int item;
};
#ifdef PANDO_TWIN
using signature = void(Order);
#else
using signature = Order;
#endif
struct Shop : pando::controller<"shop", pando::route<"order", signature>> {};

pando::task<void> order(pando::client<Shop> api) {
  Order in{7};
  co_await api.call<"order">(in); // here
}
