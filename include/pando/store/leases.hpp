// What a storage keeps of a fleet: its runners, and who owns which shard until when.
#pragma once

#include <chrono>
#include <compare>
#include <cstdint>
#include <string>
#include <vector>

namespace pando::store {

/// A shard of a group.
struct shard_key {
  std::string group{};
  std::uint32_t shard = 0;
  friend auto operator<=>(shard_key const&, shard_key const&) = default;
};

/// A shard and in which epoch its owner has it. The epoch grows at every change of owner, also from
/// nobody; a write is fenced by it.
struct shard_lease {
  std::string group{};
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
  friend auto operator<=>(shard_lease const&, shard_lease const&) = default;
};

/// What a runner tells of itself when it comes.
struct runner_entry {
  std::string address{}; ///< where others reach it; tells it apart from them. Not empty
  double weight = 1;     ///< its share of the shards, of the sum of all; 0: it gets none
};

/// One life of a runner: from `enlist` until `withdraw` or until it is replaced.
struct enlistment {
  std::uint64_t incarnation = 0; ///< greater than any before it in this storage; never 0
  std::uint16_t machine = 0;     ///< below 1024; of no other runner that is enlisted
};

/// A runner as the storage has it.
struct runner_row {
  std::string address{};
  std::uint64_t incarnation = 0;
  std::uint16_t machine = 0;
  double weight = 1;
  bool is_healthy = true;              ///< nobody has marked it
  std::chrono::milliseconds age{0};    ///< since its last sign of life, by the storage's clock
  std::chrono::milliseconds uptime{0}; ///< since it came, by the storage's clock
};

/// An owned shard, seen from outside.
struct owner_row {
  std::string group{};
  std::uint32_t shard = 0;
  std::uint64_t epoch = 0;
  std::uint64_t incarnation = 0;
  std::chrono::milliseconds left{0}; ///< of its lease, by the storage's clock; above 0
};

/// All runners and all owned shards at one moment.
struct fleet_view {
  std::vector<runner_row> runners{};
  std::vector<owner_row> owners{};
};

/// What a renewal found.
struct renewal {
  bool is_enlisted = false;         ///< false: it was withdrawn, or replaced by another life
  std::vector<shard_lease> held{};  ///< what it owns still, now for the whole time again
};

} // namespace pando::store
