// A state without a default constructor, and without a function that makes it.
// expect-first: pando: this state has no default constructor; write pando::state<State> = a function
// expect: Counter
// expect: CounterState
#include <pando/contract.hpp>
#include <pando/handler/implement_entity.hpp>

struct Increment {
  int amount;
};
struct Counter : pando::entity<"Counter", pando::rpc<"Increment", int(Increment)>> {};
struct CounterState {
  explicit CounterState(int from) : count(from) {}
  int count;
};

inline auto counters = pando::implement<Counter>( // here
#ifdef PANDO_TWIN
    pando::state<CounterState> = [] { return CounterState(1); },
#else
    pando::state<CounterState>,
#endif
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; });
