// A class that hides its members.
// expect-first: pando: values of this type cannot be sent; use bool, an integer, float, double,
// expect: Shop
// expect: Order
// expect: Money
// expect: BOOST_HANA_ADAPT_STRUCT
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

class Money {
 public:
  Money() = default;

  std::int64_t cents() const { return cents_; }

 private:
  std::int64_t cents_ = 0;
};

struct Order {
  std::string what;
#ifdef PANDO_TWIN
  std::int64_t price;
#else
  Money price;
#endif
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
