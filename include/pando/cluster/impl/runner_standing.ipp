// How a runner stands with its storage and its fleet, for those who ask.
#pragma once

#include <algorithm>

#include <pando/cluster/detail/runner_state.hpp>

namespace pando::cluster {

PANDO_INLINE runner::standing runner::stands() const {
  auto const& state = *state_;
  using milliseconds = std::chrono::milliseconds;
  auto const now = state.leases.now();
  standing found;
  found.is_enlisted = state.is_enlisted;
  found.silent = milliseconds((std::max)(std::int64_t{0}, now - state.answered_at));
  auto const until = state.leases.until();
  if (until > now) found.lease_left = milliseconds(until - now);
  std::lock_guard const lock(state.mutex);
  found.trouble = state.fault;
  if (!found.trouble.empty()) found.in_trouble = milliseconds(now - state.fault_since);
  if (!found.trouble.empty() || state.calls.fault.empty()) return found;
  found.trouble = "calls cannot write: " + state.calls.fault;
  found.in_trouble = milliseconds(now - state.calls.since);
  found.calls_failed_for = milliseconds(state.calls.last - state.calls.since);
  return found;
}

PANDO_INLINE void runner::note_calls(std::string const& trouble) { state_->note_calls(trouble); }

PANDO_INLINE std::string runner::why_not_ready() const {
  auto const now = stands();
  auto const& options = state_->options;
  if (!state_->is_client_only() && !now.is_enlisted)
    return "runner " + options.address + " is not enlisted with its storage";
  if (now.silent <= options.lease && now.calls_failed_for > options.lease)
    return "the storage has taken nothing that calls write for " +
           std::to_string(now.in_trouble.count()) + " ms";
  if (now.silent <= options.lease) return {};
  // Anybody may read this: what the storage said, with its host and user, is for operators.
  return "the storage has not answered for " + std::to_string(now.silent.count()) + " ms";
}

PANDO_INLINE fleet_counts& runner::counts() noexcept { return state_->counts; }

PANDO_INLINE std::vector<std::size_t> runner::assigned() const {
  std::vector<std::size_t> all;
  for (auto const& group : state_->assignment()) {
    std::size_t mine = 0;
    for (auto const* const owner : group)
      if (owner != nullptr && *owner == state_->options.address) ++mine;
    all.push_back(mine);
  }
  return all;
}

PANDO_INLINE std::chrono::milliseconds runner::fleet_age() const {
  std::lock_guard const lock(state_->mutex);
  return std::chrono::milliseconds(state_->leases.now() - state_->routes->seen);
}

} // namespace pando::cluster
