// Whether a call may run at once, or has to wait its turn behind one that was stored before it.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <unordered_map>

namespace pando::cluster::detail {

/// A caller whose call was stored, and who does not wait for its end, may come with the next one
/// when the shard is this runner's: that one must not overtake the first, which is in the storage
/// still. So of each shard it is known whether there may be such calls; then the next one is stored
/// too, and taken after them. *Thread*: any.
class stored_order {
 public:
  static std::uint64_t place_of(std::size_t group, std::uint32_t shard) noexcept {
    return std::uint64_t{group} << 32 | shard;
  }

  /// A call was stored, or is put back, and nobody here waits for it.
  void was_stored(std::uint64_t place) {
    std::lock_guard const lock(mutex_);
    behind_[place] = ++stored_;
    is_any_ = true;
  }
  /// A call was taken, and is on its way to its instance, which may be on another thread.
  void was_taken(std::uint64_t place) {
    std::lock_guard const lock(mutex_);
    ++on_their_way_[place];
    is_any_ = true;
  }
  /// It is in its instance's mailbox, or went another way.
  void has_arrived(std::uint64_t place) {
    std::lock_guard const lock(mutex_);
    auto const at = on_their_way_.find(place);
    if (--at->second == 0) on_their_way_.erase(at);
    note();
  }

  /// What tells what was stored before now.
  std::uint64_t now_stored() const {
    std::lock_guard const lock(mutex_);
    return stored_;
  }
  /// All that was stored before that has been taken.
  void caught_up(std::uint64_t place, std::uint64_t stored) {
    std::lock_guard const lock(mutex_);
    auto const at = behind_.find(place);
    if (at != behind_.end() && at->second <= stored) behind_.erase(at);
    note();
  }

  /// Whether any shard is.
  bool is_any_behind() const noexcept { return is_any_; }
  bool is_behind(std::uint64_t place) const {
    if (!is_any_) return false;
    std::lock_guard const lock(mutex_);
    return behind_.find(place) != behind_.end() || on_their_way_.find(place) != on_their_way_.end();
  }

 private:
  void note() { is_any_ = !behind_.empty() || !on_their_way_.empty(); }

  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, std::uint64_t> behind_; ///< `stored_` at the last one
  std::uint64_t stored_ = 0;
  std::unordered_map<std::uint64_t, std::size_t> on_their_way_;
  std::atomic<bool> is_any_{false};
};

} // namespace pando::cluster::detail
