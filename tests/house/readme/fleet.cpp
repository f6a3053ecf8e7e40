// README: a fleet in one process, under virtual time.
#include <chrono>

#include <pando/pando.hpp>
#include <pando/testing.hpp>

using namespace std::chrono_literals;

struct Increment { std::int64_t amount; };
struct Counter : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>> {};
inline auto counters = pando::implement<Counter>(
    pando::on<"Increment"> = [](Increment m) { return m.amount; });

void use() {
#include "block.1"
}
