// Whoever keeps what runs in one place: told of shards, it begins and ends what is in them.
#pragma once

#include <chrono>
#include <vector>

#include <pando/cluster/sole_work.hpp>
#include <pando/handler/task.hpp>
#include <pando/lease/table.hpp>
#include <pando/store/leases.hpp>

namespace pando::cluster {
class runner;
}

namespace pando::cluster::detail {

/// Each singleton and cron job has a group of one shard, so that leases, epochs and hand-overs are
/// those of any shard. *Thread*: the runner's executor.
class sole_keeper {
 public:
  virtual ~sole_keeper() = default;

  // Before it serves.
  virtual void add(singleton_work work) = 0;
  virtual void add(cron_work work) = 0;
  virtual void add_groups(std::vector<lease::shard_group>& to) const = 0;
  /// It is one of a fleet, which outlives `stop`.
  virtual void join(runner& fleet) = 0;

  /// *Throws* std::invalid_argument for a time zone that this machine does not know.
  virtual void check() = 0;
  /// From now on things run.
  virtual task<void> start() = 0;
  /// Ends what runs: in a fleet what was not given away, else with that time for it.
  virtual task<void> stop(std::chrono::milliseconds drain) = 0;

  // What becomes of shards; those of others are passed over.
  virtual void gained(std::vector<store::shard_lease> const& all) = 0;
  virtual void lost(std::vector<store::shard_lease> const& all) = 0;
  virtual void leaving(std::vector<store::shard_lease> const& all) = 0;
  virtual void left(std::vector<store::shard_lease> const& all) = 0;
};

} // namespace pando::cluster::detail
