// README: calls that outlive their processes.
#include <chrono>

#include <pando/pando.hpp>

struct Charge { std::string order; std::int64_t amount; };
struct Receipt { std::int64_t number; };
struct Reminder { std::chrono::system_clock::time_point when; };

#include "block.1"

inline auto ledgers = pando::implement<Ledger>(
    pando::on<"Charge"> = [](Charge) { return Receipt{1}; },
    pando::on<"Remind"> = [](Reminder) {});

pando::task<std::int64_t> use(Reminder reminder) {
  auto app = pando::app(ledgers);
#include "block.2"
  co_return paid.number;
}
