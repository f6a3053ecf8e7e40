// Runners and their shards, in memory.
#pragma once

#include <pando/store/detail/clocks.hpp>
#include <pando/store/detail/memory_state.hpp>

namespace pando::store::detail {

PANDO_INLINE memory_state::milliseconds memory_state::lease_time() const {
  return now_ ? now_() : machine_time();
}

PANDO_INLINE void memory_state::join(std::shared_ptr<waker> one) {
  std::lock_guard const lock(mutex_);
  wakers_.push_back(std::move(one));
}

PANDO_INLINE void memory_state::leave(waker const& one) noexcept {
  std::lock_guard const lock(mutex_);
  std::erase_if(wakers_, [&](auto const& other) { return other.get() == &one; });
}

PANDO_INLINE void memory_state::tell(wakes kinds) {
  if (kinds == 0) return;
  for (auto const& one : wakers_) one->tell(kinds);
}

PANDO_INLINE memory_state::runner* memory_state::find(std::uint64_t incarnation) {
  for (auto& [address, one] : runners_)
    if (one.incarnation == incarnation) return &one;
  return nullptr;
}

PANDO_INLINE bool memory_state::owns(shard_key const& which, fence const& by, milliseconds now) {
  auto const found = shards_.find(which);
  return found != shards_.end() && found->second.incarnation == by.incarnation &&
         found->second.epoch == by.epoch && found->second.ends > now;
}

PANDO_INLINE void memory_state::declare_group(std::string const& group, std::uint32_t shards) {
  std::lock_guard const lock(mutex_);
  auto const found = groups_.find(group);
  if (found == groups_.end() || found->second == shards) {
    groups_[group] = shards;
    return;
  }
  bool is_in_use = !runners_.empty();
  for (auto const& [where, one] : shards_)
    is_in_use |=
        where.group == group && !(one.ready.empty() && one.later.empty() && one.taken.empty());
  if (is_in_use)
    throw storage_error(storage_fault::incompatible,
                        "memory: the group \"" + group + "\" is in use with " +
                            std::to_string(found->second) + " shards, not " +
                            std::to_string(shards) +
                            "; stop its runners and let its messages be answered first");
  found->second = shards;
}

PANDO_INLINE enlistment memory_state::enlist(runner_entry const& who) {
  constexpr std::size_t most = 1024;
  std::lock_guard const lock(mutex_);
  if (!runners_.contains(who.address) && runners_.size() >= most)
    throw storage_error(storage_fault::refused,
                        "memory: 1024 runners are enlisted, which are as many as may be");
  std::set<std::uint16_t> used;
  for (auto const& [address, one] : runners_)
    if (address != who.address) used.insert(one.machine);
  auto const now = lease_time();
  runner made{++last_incarnation_, 0, who.weight, true, now, now};
  // From one to the next, so that a number rests for as long as can be.
  made.machine = static_cast<std::uint16_t>(made.incarnation % most);
  while (used.contains(made.machine))
    made.machine = static_cast<std::uint16_t>((made.machine + 1) % most);
  runners_[who.address] = made;
  tell(as_wakes(wake::shards));
  return {made.incarnation, made.machine};
}

PANDO_INLINE renewal memory_state::renew(std::uint64_t incarnation, milliseconds ttl) {
  std::lock_guard const lock(mutex_);
  auto* const who = find(incarnation);
  if (who == nullptr) return {};
  renewal given{true, {}};
  auto const now = lease_time();
  who->seen = now;
  for (auto& [where, one] : shards_) {
    if (one.incarnation != incarnation || one.ends <= now) continue;
    one.ends = now + ttl;
    given.held.push_back({where.group, where.shard, one.epoch});
  }
  return given;
}

/// What was taken in the epoch before can be taken again, and every interrupt is told again.
PANDO_INLINE void memory_state::begin_epoch(shard_state& shard) {
  ++shard.epoch;
  for (auto const id : std::exchange(shard.taken, {})) {
    auto& one = messages_.at(id);
    one.is_taken = false;
    one.was_taken = true;
    queue(one);
  }
}

PANDO_INLINE std::vector<shard_lease> memory_state::acquire(std::uint64_t incarnation,
                                                            std::vector<shard_key> const& wanted,
                                                            milliseconds ttl) {
  std::lock_guard const lock(mutex_);
  if (find(incarnation) == nullptr) return {};
  auto const now = lease_time();
  std::set<shard_lease> given;
  bool is_new = false;
  for (auto const& which : wanted) {
    auto& one = shards_[which];
    bool const is_owned = one.ends > now;
    if (is_owned && one.incarnation != incarnation) continue;
    if (!is_owned) begin_epoch(one);
    is_new |= !is_owned;
    one.incarnation = incarnation;
    one.ends = now + ttl;
    given.insert({which.group, which.shard, one.epoch});
  }
  if (is_new) tell(as_wakes(wake::shards));
  return {given.begin(), given.end()};
}

PANDO_INLINE void memory_state::release(std::uint64_t incarnation,
                                        std::vector<shard_lease> const& held) {
  std::lock_guard const lock(mutex_);
  auto const now = lease_time();
  for (auto const& one : held)
    if (owns({one.group, one.shard}, {incarnation, one.epoch}, now))
      shards_[{one.group, one.shard}].ends = {};
  tell(as_wakes(wake::shards));
}

PANDO_INLINE void memory_state::end_leases(std::uint64_t incarnation) {
  for (auto& [where, one] : shards_)
    if (one.incarnation == incarnation) one.ends = {};
}

PANDO_INLINE void memory_state::step_down(std::uint64_t incarnation) {
  std::lock_guard const lock(mutex_);
  for (auto& [address, one] : runners_)
    if (one.incarnation == incarnation) one.is_healthy = false;
  tell(as_wakes(wake::shards));
}

PANDO_INLINE void memory_state::withdraw(std::uint64_t incarnation) {
  std::lock_guard const lock(mutex_);
  end_leases(incarnation);
  std::erase_if(runners_, [&](auto const& one) { return one.second.incarnation == incarnation; });
  tell(as_wakes(wake::shards));
}

PANDO_INLINE bool memory_state::mark(std::string const& address, bool is_healthy,
                                     milliseconds alive) {
  std::lock_guard const lock(mutex_);
  auto const found = runners_.find(address);
  if (found == runners_.end()) return false;
  bool is_any_left = is_healthy;
  auto const now = lease_time();
  for (auto const& [other, one] : runners_)
    is_any_left |= other != address && one.is_healthy && now - one.seen <= alive;
  if (!is_any_left) return false;
  found->second.is_healthy = is_healthy;
  tell(as_wakes(wake::shards));
  return true;
}

PANDO_INLINE fleet_view memory_state::look(milliseconds forget_after) {
  std::lock_guard const lock(mutex_);
  auto const now = lease_time();
  auto const dropped = std::erase_if(
      runners_, [&](auto const& one) { return now - one.second.seen > forget_after; });
  fleet_view given;
  for (auto const& [address, one] : runners_)
    given.runners.push_back({address, one.incarnation, one.machine, one.weight, one.is_healthy,
                             now - one.seen, now - one.came});
  for (auto const& [where, one] : shards_)
    if (one.ends > now)
      given.owners.push_back(
          {where.group, where.shard, one.epoch, one.incarnation, one.ends - now});
  if (dropped != 0) tell(as_wakes(wake::shards));
  return given;
}

} // namespace pando::store::detail
