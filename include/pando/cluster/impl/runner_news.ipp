// What a runner logs of its storage, and of the others.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include <pando/cluster/detail/runner_state.hpp>

namespace pando::cluster::detail {

/// When no call has failed to write for so long, nothing is known any more.
inline constexpr std::chrono::milliseconds quiet_of_calls{30'000};

// The storage

PANDO_INLINE void runner_state::note_trouble(std::string const& what) {
  {
    std::lock_guard const lock(mutex);
    if (fault.empty()) fault_since = leases.now();
    fault = what;
  }
  if (std::exchange(is_in_trouble, true)) return;
  events.warning("cluster storage " + storage.describe() + ": " + what +
                 "; it is tried again until it answers");
}

PANDO_INLINE void runner_state::note_recovery() {
  answered_at = leases.now();
  {
    std::lock_guard const lock(mutex);
    fault.clear();
  }
  bool is_over = false; // of calls: none is tried any more
  {
    std::lock_guard const lock(mutex);
    bool const is_quiet = leases.now() - calls.last >= quiet_of_calls.count();
    if (calls_fail && is_quiet) {
      calls_fail = false;
      is_over = std::exchange(calls, {}).is_told;
    }
  }
  if (is_over)
    events.info("cluster storage " + storage.describe() + ": no call has failed to write for a "
                "while");
  if (!std::exchange(is_in_trouble, false)) return;
  events.info("cluster storage " + storage.describe() + " answers again");
}

/// What rounds have said already is not said again of calls.
PANDO_INLINE void runner_state::note_calls(std::string const& trouble) {
  if (trouble.empty() && !calls_fail) return;
  bool is_to_tell = false;
  {
    std::lock_guard const lock(mutex);
    calls_fail = !trouble.empty();
    if (trouble.empty()) {
      is_to_tell = std::exchange(calls, {}).is_told;
    } else {
      calls.last = leases.now();
      if (calls.fault.empty()) calls.since = calls.last;
      calls.fault = trouble;
      is_to_tell = fault.empty() && !std::exchange(calls.is_told, true);
    }
  }
  if (!is_to_tell) return;
  auto const start = "cluster storage " + storage.describe() + ": ";
  if (trouble.empty()) events.info(start + "calls are written again");
  else
    events.warning(start + "calls cannot write: " + trouble +
                   "; this is told once, until one can");
}

// The others

/// At most so many are named.
inline std::string names_text(std::vector<std::string> const& all) {
  constexpr std::size_t most = 8;
  std::string text = all.size() == 1 ? "runner " : "runners ";
  for (std::size_t i = 0; i < all.size() && i < most; ++i) text += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > most) text += " and " + std::to_string(all.size() - most) + " more";
  return text;
}

PANDO_INLINE void runner_state::tell_changes(store::fleet_view const& now) {
  std::map<std::string, known_runner> seen;
  std::vector<std::string> joined, gone, silent, back;
  bool const is_first = !known;
  if (is_first) known.emplace();
  // After a time without a look nobody may have been able to give a sign of life.
  if (leases.now() - routes->seen >= options.lease.count()) sees_since = leases.now();
  bool const is_sure = leases.now() - sees_since >= options.lease.count();
  for (auto const& one : now.runners) {
    if (one.address == options.address) continue;
    auto const before = known->find(one.address);
    bool const is_old = before != known->end() && before->second.incarnation == one.incarnation;
    bool const was_silent = is_old && before->second.is_silent;
    bool const is_silent = one.age >= options.lease && (is_first || was_silent || is_sure);
    seen[one.address] = {one.incarnation, is_silent};
    if (!is_old) joined.push_back(one.address);
    else if (is_silent && !was_silent) silent.push_back(one.address);
    else if (!is_silent && was_silent) back.push_back(one.address);
  }
  for (auto const& [address, one] : *known)
    if (seen.find(address) == seen.end()) gone.push_back(address);
  known = std::move(seen);
  if (is_first) return;
  auto const have = [](auto const& all, char const* one, char const* many) {
    return names_text(all) + (all.size() == 1 ? one : many);
  };
  if (!joined.empty()) events.info(have(joined, " has joined", " have joined"));
  if (!silent.empty())
    events.warning(have(silent, " is silent", " are silent") +
                   ", and so dead or cut off: others take over when the leases end");
  if (!back.empty()) events.info(have(back, " is back", " are back") + " from silence");
  if (!gone.empty()) events.info(have(gone, " is gone", " are gone"));
}

} // namespace pando::cluster::detail
