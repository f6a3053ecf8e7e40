// An entity with an rpc that nobody handles.
// expect-first: pando: this route has no handler
// expect: Counter
// expect-named: "Increment"
#include "support/counter.hpp"

#ifdef PANDO_TWIN
inline auto tallies = pando::implement<Counter>(pando::on<"Increment"> = [](Increment) { return 1; });
#else
inline auto tallies = pando::implement<Counter>(pando::state<CounterState>); // here
#endif
