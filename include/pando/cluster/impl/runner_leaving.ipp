// How a runner gives shards away, and all of them when it stops.
#pragma once

#include <chrono>
#include <exception>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include <pando/cluster/detail/runner_state.hpp>
#include <pando/lease/clock.hpp>

namespace pando::cluster::detail {

/// Calls that run have their time; each shard is the next owner's as soon as nobody is in it.
PANDO_LAZY_BODY task<void> runner_state::give_away(std::vector<store::shard_lease> all) {
  auto const keep = shared_from_this();
  auto const limit = leases.now() + options.drain.count();
  while (!all.empty()) {
    bool const is_late = leases.now() >= limit;
    std::vector<store::shard_lease> idle;
    std::vector<store::shard_lease> busy;
    for (auto& one : all) {
      auto const group = leases.group_of(one.group);
      if (leases.held(group, one.shard) != one.epoch) continue; // lost meanwhile
      bool const is_idle = is_late || leases.busy(group, one.shard) == 0;
      (is_idle ? idle : busy).push_back(std::move(one));
    }
    if (is_late && is_busy(idle))
      events.warning("runner " + options.address +
                     ": calls of shards that are given away were cut off: they took longer than " +
                     std::to_string(options.drain.count()) + " ms");
    all = std::move(busy);
    if (!idle.empty())
      co_await give(std::move(idle), limit);
    else if (!all.empty())
      co_await lease::pause(leases.time(), std::chrono::milliseconds(2));
  }
}

PANDO_LAZY_BODY task<void> runner_state::give(std::vector<store::shard_lease> all,
                                              std::int64_t limit) {
  co_await user->leave(all);
  while (is_busy(all) && leases.now() < limit) // with what was ending already
    co_await lease::pause(leases.time(), std::chrono::milliseconds(2));
  std::vector<store::shard_lease> held;
  for (auto& one : all) {
    auto const group = leases.group_of(one.group);
    if (leases.held(group, one.shard) != one.epoch) continue;
    leases.lost(group, one.shard);
    given_up[{group, one.shard}] = one.epoch;
    held.push_back(std::move(one));
  }
  if (held.empty()) co_return;
  auto const mine = incarnation.load();
  try {
    timed release(counts, storage_operation::release);
    co_await storage.release(mine, held);
    release.gone_well();
    counts.shards_given.add(held.size());
    events.info("runner " + options.address + ": gave " + count_text(held.size()) + " away");
  } catch (std::exception const& error) { // the next renewal tries again
    note_trouble(error.what());
  }
}

PANDO_LAZY_BODY task<void> runner_state::give_all_away() {
  auto all = all_held();
  for (auto const& one : all) leases.leaves(leases.group_of(one.group), one.shard);
  if (!all.empty() && user != nullptr) user->leaving(all);
  if (!all.empty()) co_await give_away(std::move(all));
}

/// Others know what is to be theirs while this one still waits for what takes longer.
PANDO_LAZY_BODY task<void> runner_state::step_down() {
  auto const keep = shared_from_this();
  try {
    co_await storage.step_down(incarnation);
  } catch (std::exception const& error) { // they take it when its leases or its entry are gone
    note_trouble(error.what());
  }
}

PANDO_LAZY_BODY task<void> runner_state::stop() {
  if (std::exchange(is_stopping, true)) co_return;
  if (incarnation != 0) {
    ++giving;
    boost::asio::co_spawn(home, step_down(),
                          [self = shared_from_this()](std::exception_ptr) { --self->giving; });
  }
  co_await give_all_away();
  while (giving != 0) co_await lease::pause(leases.time(), std::chrono::milliseconds(2));
  is_done = true;
  wake_up();
  if (loop_over && !loop_over->has_fired()) co_await loop_over->wait();
  co_await give_all_away(); // what a round that was under way has taken
  std::string trouble;
  try {
    if (incarnation != 0) co_await storage.withdraw(incarnation);
  } catch (std::exception const& error) {
    trouble = error.what();
  }
  try {
    co_await storage.close();
  } catch (std::exception const& error) {
    trouble = error.what();
  }
  if (!trouble.empty()) note_trouble(trouble);
  incarnation = 0;
  is_enlisted = false;
}

} // namespace pando::cluster::detail
