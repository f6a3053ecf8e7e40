// Two states for one entity.
// expect-first: pando: an entity has one pando::state<...> and at most one pando::on_passivate
// expect: Counter
#include "support/counter.hpp"

struct OtherState {
  int count = 0;
};

inline auto tallies = pando::implement<Counter>( // here
    pando::state<CounterState>,
#ifndef PANDO_TWIN
    pando::state<OtherState>,
#endif
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; });
