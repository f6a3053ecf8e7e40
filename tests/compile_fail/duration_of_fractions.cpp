// A duration that is no whole count.
// expect-first: pando: durations and time points travel as whole counts
// expect: Shop
// expect: Order
// expect: duration<double
// expect-named: "buy"
#include <chrono>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Order {
  std::string what;
#ifdef PANDO_TWIN
  std::chrono::duration<int> within;
#else
  std::chrono::duration<double> within;
#endif
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
