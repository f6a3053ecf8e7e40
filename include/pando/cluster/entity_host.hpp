// The live instances of this program's entities: made by their first call, dropped when idle.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>

#include <pando/cluster/entity_kind.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/lease/table.hpp>
#include <pando/runtime/call_counts.hpp>
#include <pando/runtime/counters.hpp>
#include <pando/runtime/door_call.hpp>

namespace pando::cluster {

namespace detail {
class entity_engine;
class sole_keeper;
}
struct singleton_work;
struct cron_work;

/// How long persisted calls of one rpc took whose answers were recorded by this program.
struct persisted_times {
  histogram since_call; ///< from when they were made, by that clock, or from when they were due
  histogram since_had;  ///< from when this program had them to carry out
};

/// What is known of the instances of one kind in this program.
struct kind_counts {
  std::string_view entity{};
  std::string_view group{};
  std::uint64_t instances = 0;
  std::uint64_t waiting = 0;     ///< calls, in mailboxes
  std::uint64_t failing = 0;     ///< instances whose last call was a defect
  std::uint64_t activations = 0; ///< states made, since the start
  std::uint64_t passivations = 0;
  std::uint64_t defects = 0;
  /// An rpc's name, and its calls that have ended, by `call_outcome`.
  struct rpc {
    std::string_view name{};
    std::array<std::uint64_t, call_outcome_names.size()> ended{};
    persisted_times const* times = nullptr; ///< null: it is not persisted
  };
  std::vector<rpc> rpcs{};
};

/// What tells the time of idleness and of rests: milliseconds that only grow.
using millisecond_clock = std::int64_t (*)();
/// CLOCK_MONOTONIC_COARSE, good to a few milliseconds.
std::int64_t coarse_now();

/// Keeps the instances. A call of an idle instance runs on the calling thread, in place; where
/// `concurrency` handlers of it run, it waits in the instance's mailbox, in the order of arrival.
/// A handler's coroutine runs on its caller's executor, which must be run until the call has ended.
/// After a defect the state is dropped and made anew by the next call: at once, and after a rest
/// that doubles from 50 ms to 5 s while defects follow one another. Other calls that run on it are
/// cut off: volatile ones end in `outcome_unknown`, persisted ones run again. *Thread*: any number
/// at once.
class entity_host {
 public:
  explicit entity_host(door_context const& context, millisecond_clock clock = &coarse_now);
  ~entity_host();
  entity_host(entity_host const&) = delete;

  /// Before the first call.
  void add(entity_kind kind);
  /// What runs in one place of the fleet, from `serve` to `stop`. Before the first call.
  PANDO_LAZY void add_singleton(singleton_work work);
  PANDO_LAZY void add_cron(cron_work work);
  /// *Throws* std::invalid_argument for a time zone that this machine does not know; so does
  /// `serve`.
  void check() const;
  /// Instances rest after defects, and are idle, by that time and not by the clock: for tests.
  /// Before the first call.
  void go_by(lease::time_source const& time) noexcept;
  /// How long these may take to end where this program is no fleet's. Default: 10 s.
  void drain_within(std::chrono::milliseconds time) noexcept { drain_ = time; }

  /// A channel to the runner at an address, for callers of that executor.
  using connector = std::function<std::shared_ptr<channel>(
      std::string const& address, boost::asio::any_io_executor const& home)>;
  /// So many shards are in each group; 300 unless it says otherwise. After the last `add`, before
  /// `groups`, `join` and the first call. *Throws* std::invalid_argument for 0.
  void spread_over(std::uint32_t shards);
  /// The groups of shards that its kinds are in.
  std::vector<lease::shard_group> groups() const;
  /// From now on instances are where the fleet has them: `serve` lets the runner begin, and `stop`
  /// lets it go. After the last `add`, before the first call. What it is given outlives the host's
  /// `stop`. Channels are kept for the executors of `own`, which run until then.
  PANDO_LAZY void join(runner& fleet, connector connect,
                       std::vector<boost::asio::any_io_executor> own = {});
  /// It is to join a fleet, and no instance may be here before: calls end in `runner_unavailable`
  /// until `join`, or until this is called with false.
  void stand_by(bool is) noexcept;
  /// From now on everything is here again. Between `stop` and `serve`; what `join` was given last
  /// outlives the calls that entered the fleet's shards.
  PANDO_LAZY void leave_fleet();
  /// Whether one of its rpcs is `persisted`, or a state has resources, so that it wants a storage.
  bool has_persisted() const;
  /// Whether states hold resources outside, which is stored.
  bool has_resources() const;
  /// What other runners may call here: each rpc, its instance named by the call.
  served_routes const& hosted();

  /// Calls to one instance. The host outlives it. *Throws* std::invalid_argument for an id that is
  /// empty or longer than 512 octets.
  std::shared_ptr<channel> channel_to(contract_row const& contract, std::string_view id);

  /// Passivates what has been idle for too long. Calls do it in passing too.
  PANDO_LAZY task<void> sweep();
  /// Sweeps every second from now on, on this executor. `only_answers`: nothing that runs in one
  /// place begins.
  PANDO_LAZY task<void> serve(bool only_answers = false);
  /// Sweeps no more, and passivates all that nobody uses now.
  PANDO_LAZY task<void> stop();

  /// How many instances there are, and how many calls wait for them.
  struct counts {
    std::size_t instances = 0;
    std::size_t waiting = 0;
  };
  counts count() const;
  /// The same and more of each kind. *Thread*: any; its cost does not grow with the instances.
  std::vector<kind_counts> count_kinds() const;
  /// How many persisted calls of a kind run here, or wait to. Between `join` and `stop`.
  std::size_t count_persisted(std::string_view entity) const;

 private:
  struct sweeper;
  struct fleet_parts;
  struct hosted_parts;
  PANDO_LAZY detail::sole_keeper& sole();
  PANDO_LAZY static task<void> sweep_until_stopped(detail::entity_engine* engine,
                                                   std::shared_ptr<sweeper> state);

  std::unique_ptr<detail::entity_engine> engine_;
  std::shared_ptr<sweeper> sweeper_; ///< while it serves
  std::unique_ptr<hosted_parts> hosted_;
  std::unique_ptr<fleet_parts> fleet_; ///< null: everything is here
  std::shared_ptr<detail::sole_keeper> sole_; ///< null: nothing runs in one place
  std::chrono::milliseconds drain_{10'000};
};

} // namespace pando::cluster

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/entity_host.ipp>
#endif
