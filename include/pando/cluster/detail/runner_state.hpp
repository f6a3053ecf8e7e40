// What a runner is made of.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/handler/one_shot.hpp>

namespace pando::cluster::detail {

/// A fleet as everybody who routes a call sees it. Never changed once it is made.
struct routing {
  store::fleet_view fleet{};
  std::vector<std::string> addresses{};
  /// By group and shard the owner's place in `addresses`; -1: nobody.
  std::vector<std::vector<std::int32_t>> owners{};
  /// The epochs in which they own.
  std::vector<std::vector<std::uint64_t>> epochs{};
  std::int64_t seen = 0; ///< by the leases' clock
};

/// As a log line has it: "12 shards".
inline std::string count_text(std::size_t count) {
  return std::to_string(count) + (count == 1 ? " shard" : " shards");
}

struct runner_state : std::enable_shared_from_this<runner_state> {
  runner_state(boost::asio::any_io_executor executor, store::storage& where,
               std::vector<lease::shard_group> groups, runner_options chosen, log const& to,
               lease::time_source const& time)
      : home(std::move(executor)), storage(where), leases(std::move(groups), time),
        options(std::move(chosen)), events(to) {
    // One that has just renewed is not forgotten before its next sign of life.
    options.forget = (std::max)(options.forget, 2 * options.lease);
  }

  bool is_client_only() const noexcept { return options.address.empty(); }

  PANDO_LAZY task<void> begin();
  PANDO_LAZY task<void> enlist();
  PANDO_LAZY task<void> round(bool renews = true);
  PANDO_LAZY task<void> renew();
  PANDO_LAZY task<void> look();
  PANDO_LAZY task<void> balance();
  PANDO_LAZY task<void> take(std::vector<store::shard_key> wanted);
  PANDO_LAZY task<void> step_down();
  PANDO_LAZY task<void> give_away(std::vector<store::shard_lease> all);
  PANDO_LAZY task<void> give(std::vector<store::shard_lease> all, std::int64_t limit);
  PANDO_LAZY task<void> give_all_away();
  PANDO_LAZY task<void> loop();
  PANDO_LAZY task<void> sleep(std::chrono::milliseconds time);
  PANDO_LAZY task<void> stop();

  void publish(store::fleet_view view);
  /// Which shard is whose, by this runner's own reckoning.
  std::vector<std::vector<std::string const*>> assignment() const;
  /// Those that have ended are told of and forgotten.
  void drop_ended();
  void drop(std::vector<store::shard_lease> const& all);
  void drop_all();
  std::vector<store::shard_lease> all_held() const;
  /// By group and shard; 0: it is not among them.
  std::vector<std::vector<std::uint64_t>>
  epochs_of(std::vector<store::shard_lease> const& all) const;
  bool is_busy(std::vector<store::shard_lease> const& all) const;
  void note_trouble(std::string const& what);
  void note_recovery();
  /// The same of what calls write. *Thread*: any.
  void note_calls(std::string const& trouble);
  /// Logs who has come, gone or fallen silent since the last look.
  void tell_changes(store::fleet_view const& now);
  /// Whether it is time to renew: a wake-up alone is no reason to write, which would be one again.
  bool is_renewal_due() const noexcept;
  /// How long until the next round.
  std::chrono::milliseconds next_in() const;
  void wake_up();

  boost::asio::any_io_executor home;
  store::storage& storage;
  lease::table leases;
  runner_options options;
  log const& events;
  shard_user* user = nullptr;
  std::atomic<std::uint64_t> incarnation{0};
  std::atomic<std::uint16_t> machine{0};
  std::atomic<bool> is_enlisted{false}; ///< false too while the storage has forgotten it

  mutable std::mutex mutex; ///< for `routes`, `fault` and `calls`
  std::shared_ptr<routing const> routes = std::make_shared<routing>();
  std::string fault{};          ///< what the storage said last; empty: it answers
  std::int64_t fault_since = 0; ///< by the leases' clock
  /// The same of what calls write: one that goes well ends it, or that none is tried for a while.
  struct {
    std::string fault{};
    std::int64_t since = 0;
    std::int64_t last = 0; ///< that one failed
    bool is_told = false;
  } calls{};
  std::atomic<bool> calls_fail{false};
  /// When a round went well last, by the leases' clock.
  std::atomic<std::int64_t> answered_at{0};
  fleet_counts counts{};

  struct known_runner {
    std::uint64_t incarnation = 0;
    bool is_silent = false;
  };
  std::optional<std::map<std::string, known_runner>> known{}; ///< others, at the last look
  std::int64_t sees_since = 0; ///< by the leases' clock: no look was missing for a lease
  std::size_t giving = 0; ///< hand-overs that are under way
  /// Epochs of shards that were given up: never taken for owned again.
  std::map<std::pair<std::size_t, std::uint32_t>, std::uint64_t> given_up{};
  bool is_stopping = false;
  bool is_done = false;     ///< nothing is owned any more
  bool is_due = false; ///< somebody woke it while it was at it
  bool is_in_trouble = false;
  std::int64_t renewed_at = 0; ///< by the leases' clock; 0: never
  std::shared_ptr<one_shot> sleeping{}; ///< while the loop does
  std::shared_ptr<one_shot> loop_over{};
};

} // namespace pando::cluster::detail
