// What a fleet can be asked about itself: `shop cluster status`, as a contract like any other.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include <pando/cli/markers.hpp>
#include <pando/contract/checked.hpp>
#include <pando/contract/controller.hpp>
#include <pando/contract/defaulted.hpp>
#include <pando/contract/parts.hpp>
#include <pando/contract/rules.hpp>

namespace pando::cluster {

/// How the process that answers stands, and its fleet as it sees it.
struct cluster_status {
  std::string role{};    ///< `runner`, `client`, or `alone`: an app without a store
  std::string address{}; ///< where others reach it; empty: nowhere
  std::string store{};   ///< the storage, without a password
  bool enlisted = false;
  std::chrono::milliseconds lease_left{0}; ///< of its shards
  std::uint64_t runners = 0;
  std::uint64_t runners_up = 0; ///< nobody has marked them, and they give signs of life
  std::uint64_t shards = 0;     ///< of all groups
  std::uint64_t shards_held = 0;     ///< here
  std::uint64_t shards_assigned = 0; ///< to be here
  std::uint64_t shards_unowned = 0;  ///< nobody's
  std::uint64_t instances = 0;          ///< here
  std::uint64_t calls_waiting = 0;      ///< in mailboxes here
  std::uint64_t persisted_running = 0;  ///< persisted calls under way here
  std::optional<std::uint64_t> messages_waiting{};  ///< in the storage; absent: it did not say
  /// Kept for their keys, and until then what is said of resources that were let go.
  std::optional<std::uint64_t> messages_answered{};
  std::uint64_t unreadable_since_start = 0; ///< found here since it was started; see `messages`
  std::optional<std::string> trouble{};  ///< with the storage
  std::optional<std::chrono::milliseconds> trouble_for{};
  std::string advice{};
};

struct runner_info {
  std::string address{};
  bool here = false; ///< the process that answers
  std::string state{}; ///< `up`, `down` (somebody has marked it), `silent`
  std::uint64_t shards = 0;
  double weight = 1;
  std::uint64_t machine = 0;
  std::chrono::milliseconds last_sign{0}; ///< of life, ago
  std::chrono::milliseconds uptime{0};
};

/// Only those that fit all that is given.
struct shard_filter {
  std::optional<std::string> group{};
  std::optional<std::string> owner{}; ///< an address
  std::optional<checked<std::string, is::one_of<"here", "leaving", "elsewhere", "unowned">>>
      state{};
};
struct shard_info {
  std::string group{};
  std::uint64_t shard = 0;
  std::string state{}; ///< `here`, `leaving` (being given away), `elsewhere`, `unowned`
  std::optional<std::string> owner{};
  std::uint64_t epoch = 0;
  std::chrono::milliseconds lease_left{0};
  std::uint64_t busy = 0; ///< calls in it, here
};

struct entity_info {
  std::string entity{};
  std::string group{};
  std::uint64_t instances = 0; ///< here, as all that follows
  std::uint64_t waiting = 0;   ///< calls in mailboxes
  std::uint64_t failing = 0;   ///< instances whose last call was a defect
  std::uint64_t defects = 0;   ///< since the start
  std::uint64_t activations = 0;
  std::uint64_t passivations = 0;
  std::uint64_t persisted_running = 0;
};

/// Only those that fit all that is given.
struct message_filter {
  std::optional<checked<std::string, is::one_of<"unreadable", "failed", "taken", "waiting",
                                                "scheduled">>>
      state{};
  std::optional<std::string> entity{};
  std::optional<std::string> instance{}; ///< its id
  /// Of each state.
  defaulted<checked<std::uint32_t, is::at_least<1>, is::at_most<1000>>, 20> limit{};
};
/// A persisted call as it is stored: never what is in its request or its answer.
struct message_info {
  /// `unreadable`: it was answered with a defect, since the program could not read its request;
  /// `failed`: it was answered with a failure; `taken`: a runner has it; `waiting`: it is due, and
  /// nobody has taken it; `scheduled`: it is not due yet
  std::string state{};
  std::uint64_t id = 0;
  std::string entity{};
  std::string instance{};
  std::string rpc{};
  std::string group{};
  std::uint64_t shard = 0;
  std::optional<std::string> owner{}; ///< of its shard: an address
  std::chrono::milliseconds age{0};   ///< since the call was made, by its maker's clock
  std::optional<std::chrono::milliseconds> due_in{};
  std::optional<std::string> why{}; ///< it failed, or is not taken
};
struct stored_messages {
  /// Without an answer: the oldest first; the others: the last that failed first.
  std::vector<message_info> messages{};
  std::string advice{};
};

/// Says of a runner whether shards are to be assigned to it.
struct runner_mark {
  std::string address{};
  checked<std::string, is::one_of<"up", "down">> state{};
};

/// Over the Unix socket and as commands; never over HTTP. An app with entities serves it. Its name
/// is taken: no controller or entity of a program can be called so.
struct inspection
    : controller<
          "cluster",
          route<"status", cluster_status(),
                cli::command<"", cli::summary<"How this process and its fleet stand">>>,
          route<"runners", std::vector<runner_info>(),
                cli::command<"", cli::summary<"The fleet's processes">>>,
          route<"shards", std::vector<shard_info>(shard_filter),
                cli::command<"", cli::summary<"Which shard is whose">>>,
          route<"entities", std::vector<entity_info>(),
                cli::command<"", cli::summary<"The entities' instances in this process">>>,
          route<"messages", stored_messages(message_filter),
                cli::command<"", cli::summary<"Persisted calls that wait, run or have failed">>>,
          route<"health", void(runner_mark),
                cli::command<"", cli::positional<"address", "state">,
                             cli::summary<"Mark a runner up or down: shards leave one that is "
                                          "down">>>> {};

} // namespace pando::cluster
