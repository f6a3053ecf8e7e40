// One live counter for each id, asked by command, by HTTP and in this program.
//   ./counter serve --http 3000
//   ./counter counter increment lamp --amount 2
//   ./counter counter charge lamp --order o1 --amount 5    # once for each order
//   curl -X POST localhost:3000/counter/lamp/get
#include <pando/http.hpp>
#include <pando/http/expose.hpp>
#include <pando/pando.hpp>

struct Increment {
  pando::defaulted<std::int64_t, 1> amount;
};

struct Charge {
  std::string order;
  std::int64_t amount = 0;
};
struct Receipt {
  std::string order;
  std::int64_t left = 0;
};

struct Counter
    : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>,
                    pando::rpc<"Get", std::int64_t()>,
                    pando::rpc<"Charge", Receipt(Charge), pando::persisted,
                               pando::primary_key<&Charge::order>>> {};

struct CounterState {
  std::int64_t count = 0;
};

inline auto counters = pando::implement<Counter>(
    pando::state<CounterState>, // made by the first call of an id, dropped when nobody calls
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; },
    pando::on<"Get"> = [](CounterState& s) { return s.count; },
    pando::on<"Charge"> = // stored, carried out at least once, answered once
    [](CounterState& s, Charge in) {
      return Receipt{in.order, s.count -= in.amount};
    });

int main(int argc, char** argv) {
  return pando::app(counters, pando::http::expose<Counter>()).named("counter").main(argc, argv);
}
