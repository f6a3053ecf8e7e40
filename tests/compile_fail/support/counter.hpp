// An entity with its handlers, for programs that use it wrongly.
#pragma once

#include <pando/contract.hpp>
#include <pando/handler/implement_entity.hpp>

struct Increment {
  int amount;
};
struct Counter : pando::entity<"Counter", pando::rpc<"Increment", int(Increment)>> {};
struct CounterState {
  int count = 0;
};

inline auto counters = pando::implement<Counter>(
    pando::state<CounterState>,
    pando::on<"Increment"> = [](CounterState& s, Increment in) { return s.count += in.amount; });
