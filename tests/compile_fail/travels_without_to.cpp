// A type of which nobody says how it leaves.
// expect-first: pando: pando::travels_as of this type needs using type = Wire, static Type from
// expect: Shop
// expect: Money
// expect-named: "buy"
#include <pando/contract.hpp>
#include <pando/handler/implement.hpp>

#include "support/money.hpp"

template <>
struct pando::travels_as<Money> {
  using type = std::int64_t;
  static Money from(std::int64_t const& cents) { return Money(cents); }
#ifdef PANDO_TWIN
  static std::int64_t to(Money const& money) { return money.cents(); }
#endif
};
struct Order {
  Money price;
};
struct Shop : pando::controller<"shop", pando::route<"buy", void(Order)>> {};

inline auto shop = pando::implement<Shop>(pando::on<"buy"> = [](Order) {}); // here
