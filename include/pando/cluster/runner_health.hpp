// Who says which runners are able, beside the signs of life that they give; and who acts on it.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/task.hpp>
#include <pando/runtime/log.hpp>

namespace pando::cluster {

/// Knows of runners whether they can work: an orchestrator's readiness, a rack's power, a program's
/// own idea. *Thread*: the runner's executor.
class runner_health {
 public:
  virtual ~runner_health() = default;
  /// Where it asks, for logs.
  virtual std::string describe() const = 0;
  /// Of each address whether its runner is able; empty: nothing is known, and nothing changes.
  /// *Throws* what stands in the way of knowing, and then nothing changes either. It may be
  /// cancelled.
  virtual task<std::vector<std::optional<bool>>>
  able(std::vector<std::string> const& addresses) = 0;
};

/// Asks again and again, and marks in the storage what has changed: shards leave a runner that is
/// not able, and come back. The last that is up stays so. *Thread*: the runner's executor.
class health_watch {
 public:
  /// The fleet and the log outlive it.
  health_watch(runner& fleet, std::shared_ptr<runner_health> by, log const& events,
               std::chrono::milliseconds every);
  ~health_watch();
  health_watch(health_watch const&) = delete;

  PANDO_LAZY void start();
  /// What is being asked is cancelled.
  PANDO_LAZY task<void> stop();

 private:
  struct state;
  std::shared_ptr<state> state_;
};

} // namespace pando::cluster

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/runner_health.ipp>
#endif
