// What this runner owns, for those who ask at every call: shards, their epochs, and until when.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <pando/lease/clock.hpp>
#include <pando/store/leases.hpp>

namespace pando::lease {

/// A group of shards.
struct shard_group {
  std::string name{};
  std::uint32_t shards = 0;
};

/// The leases of one runner. Every lease ends when this runner's own clock says so, whatever the
/// storage is doing: `until` is counted from before the request that got it was sent.
/// *Thread*: `epoch_of`, `enter` and `leave` on any; the rest on the runner's.
class table {
 public:
  table(std::vector<shard_group> groups, time_source const& time)
      : groups_(std::move(groups)), time_(time) {
    for (auto const& group : groups_) rows_.push_back(std::make_unique<row[]>(group.shards));
  }

  std::vector<shard_group> const& groups() const noexcept { return groups_; }
  /// The number of a group, or that of `groups().size()` when there is none of that name.
  std::size_t group_of(std::string_view name) const noexcept {
    std::size_t at = 0;
    while (at < groups_.size() && groups_[at].name != name) ++at;
    return at;
  }

  /// The epoch in which this runner owns the shard now, and takes calls for it; 0: it does not.
  std::uint64_t epoch_of(std::size_t group, std::uint32_t shard) const noexcept {
    auto const& at = rows_[group][shard];
    auto const epoch = at.epoch.load(std::memory_order_acquire);
    return epoch != 0 && !at.is_leaving.load(std::memory_order_seq_cst) &&
                   time_.now() < until_.load(std::memory_order_acquire)
               ? epoch
               : 0;
  }
  /// Whether what began in that epoch may still act: also while the shard is being given away.
  bool is_in(std::size_t group, std::uint32_t shard, std::uint64_t epoch) const noexcept {
    return rows_[group][shard].epoch.load(std::memory_order_acquire) == epoch &&
           time_.now() < until_.load(std::memory_order_acquire);
  }

  /// A call of the shard begins: the shard is not given away before it has ended. Gives the epoch,
  /// or 0, and then nothing has begun.
  std::uint64_t enter(std::size_t group, std::uint32_t shard) noexcept {
    auto& at = rows_[group][shard];
    at.busy.fetch_add(1, std::memory_order_seq_cst);
    if (auto const epoch = epoch_of(group, shard); epoch != 0) return epoch;
    at.busy.fetch_sub(1, std::memory_order_seq_cst);
    return 0;
  }
  /// Something goes on in the shard that is no call: it is not given away before that `leave`s.
  void hold(std::size_t group, std::uint32_t shard) noexcept {
    rows_[group][shard].busy.fetch_add(1, std::memory_order_seq_cst);
  }
  void leave(std::size_t group, std::uint32_t shard) noexcept {
    rows_[group][shard].busy.fetch_sub(1, std::memory_order_seq_cst);
  }
  std::uint32_t busy(std::size_t group, std::uint32_t shard) const noexcept {
    return rows_[group][shard].busy.load(std::memory_order_seq_cst);
  }

  /// All leases last until then, by the clock; they have ended when that is past.
  void lasts_until(std::int64_t when) noexcept { until_.store(when, std::memory_order_release); }
  std::int64_t until() const noexcept { return until_.load(std::memory_order_acquire); }
  std::int64_t now() const noexcept { return time_.now(); }
  time_source const& time() const noexcept { return time_; }

  void got(std::size_t group, std::uint32_t shard, std::uint64_t epoch) noexcept {
    auto& at = rows_[group][shard];
    if (at.epoch.load(std::memory_order_relaxed) == epoch) return;
    at.is_leaving.store(false, std::memory_order_relaxed);
    at.epoch.store(epoch, std::memory_order_release);
  }
  void lost(std::size_t group, std::uint32_t shard) noexcept {
    auto& at = rows_[group][shard];
    at.epoch.store(0, std::memory_order_release); // `got` lets calls in again
  }
  /// New calls are refused from now on; those that run go on.
  void leaves(std::size_t group, std::uint32_t shard, bool is = true) noexcept {
    rows_[group][shard].is_leaving.store(is, std::memory_order_seq_cst);
  }
  bool is_leaving(std::size_t group, std::uint32_t shard) const noexcept {
    return rows_[group][shard].is_leaving.load(std::memory_order_relaxed);
  }
  /// What is held, whether it has ended or not; 0: nothing.
  std::uint64_t held(std::size_t group, std::uint32_t shard) const noexcept {
    return rows_[group][shard].epoch.load(std::memory_order_relaxed);
  }

  /// Calls `each(group, shard, epoch)` for whatever is held.
  template <class Each>
  void for_each_held(Each const& each) const {
    for (std::size_t group = 0; group < groups_.size(); ++group)
      for (std::uint32_t shard = 0; shard < groups_[group].shards; ++shard)
        if (auto const epoch = held(group, shard); epoch != 0) each(group, shard, epoch);
  }

 private:
  struct row {
    std::atomic<std::uint64_t> epoch{0};
    std::atomic<std::uint32_t> busy{0};
    std::atomic<bool> is_leaving{false};
  };

  std::vector<shard_group> groups_;
  std::vector<std::unique_ptr<row[]>> rows_;
  std::atomic<std::int64_t> until_{std::numeric_limits<std::int64_t>::min()};
  time_source const& time_;
};

} // namespace pando::lease
