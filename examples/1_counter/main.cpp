// One live counter for each id, asked by command, by HTTP and in this program.
//   ./counter serve --http 3000
//   ./counter counter increment lamp --amount 2
//   curl -X POST localhost:3000/counter/lamp/get
#include <pando/http.hpp>
#include <pando/http/expose.hpp>
#include <pando/pando.hpp>

struct Increment {
  pando::defaulted<std::int64_t, 1> amount;
};

struct Counter : pando::entity<"Counter", pando::rpc<"Increment", std::int64_t(Increment)>,
                               pando::rpc<"Get", std::int64_t()>> {};

struct CounterState {
  std::int64_t count = 0;
};

inline auto counters = pando::implement<Counter>(
    pando::state<CounterState>, // made by the first call of an id, dropped when nobody calls
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; },
    pando::on<"Get"> = [](CounterState& s) { return s.count; });

int main(int argc, char** argv) {
  return pando::app(counters, pando::http::expose<Counter>()).named("counter").main(argc, argv);
}
