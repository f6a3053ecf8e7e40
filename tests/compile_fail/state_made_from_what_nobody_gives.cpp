// A function that makes a state from a service that the app was not given.
// expect-first: pando: nothing provides what a function of this entity's state asks for
// expect: Counter
// expect: Stock
#include <pando/app/app.hpp>

#include "support/counter.hpp"

struct Stock {
  int count = 0;
};

inline auto tallies = pando::implement<Counter>(
    pando::state<CounterState> = [](Stock const& from) { return CounterState{from.count}; },
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; });

int main(int argc, char** argv) {
  Stock stock;
#ifdef PANDO_TWIN
  return pando::app(tallies).provide(stock).main(argc, argv);
#else
  return pando::app(tallies).main(argc, argv); // here
#endif
}
