// A handler that asks for a state that its entity does not have.
// expect-first: pando: nothing provides what this handler asks for; give it to the app
// expect: Counter
// expect: OtherState
#include <pando/app/app.hpp>

#include "support/counter.hpp"

struct OtherState {
  int count = 0;
};

inline auto tallies = pando::implement<Counter>(
#ifdef PANDO_TWIN
    pando::state<OtherState>,
#else
    pando::state<CounterState>,
#endif
    pando::on<"Increment"> = [](OtherState& s, Increment in) { return s.count += in.amount; });

int main(int argc, char** argv) {
  return pando::app(tallies).main(argc, argv); // here
}
