// An enumeration whose names cannot be found.
// expect-first: pando: this enumeration has no enumerator from -16 to 127
// expect: Shop
// expect: Order
// expect: far
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

enum class near { one = 100, two };
enum class far { one = 1000, two };

struct Order {
  std::string what;
#ifdef PANDO_TWIN
  near way;
#else
  far way;
#endif
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
