// README: singletons and cron jobs.
#include <chrono>

#include <pando/pando.hpp>

using namespace std::chrono_literals;

struct Outbox { pando::task<void> send_all(); };
struct Store { pando::task<void> clean(); };
struct Counter : pando::entity<"Counter", pando::rpc<"Get", std::int64_t()>> {};
inline auto counters = pando::implement<Counter>(pando::on<"Get"> = [] { return std::int64_t{0}; });

#include "block.1"

void use(Outbox& outbox, Store& store) {
#include "block.2"
}
