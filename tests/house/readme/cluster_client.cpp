// README: a handler that calls an entity of its own app.
#include <pando/pando.hpp>

struct Increment { std::int64_t amount; };
struct Order { std::string customer; std::int64_t pieces; };

struct Counter : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>> {};
struct Orders : pando::controller<"order", pando::route<"place", std::int64_t(Order)>> {};

struct CounterState { std::int64_t count = 0; };

inline auto counters = pando::implement<Counter>(
    pando::state<CounterState>,
    pando::on<"Increment"> = [](CounterState& s, Increment m) { return s.count += m.amount; });
inline auto orders = pando::implement<Orders>(
#include "block.1"
);

void use() { auto app = pando::app(counters, orders); }
