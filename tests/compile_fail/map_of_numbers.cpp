// A map whose keys are no strings.
// expect-first: pando: the keys of a map that is sent are std::string
// expect: Shop
// expect: Order
// expect: map<int
// expect-named: "buy"
#include <map>

#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

struct Order {
  std::string what;
#ifdef PANDO_TWIN
  std::map<std::string, int> counts;
#else
  std::map<int, int> counts;
#endif
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
