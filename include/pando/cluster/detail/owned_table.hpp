// Which persisted calls this runner carries out, by their numbers and by their keys.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include <pando/cluster/detail/owned_call.hpp>

namespace pando::cluster::detail {

/// Its lock also guards what of a call changes while it is known here. *Thread*: any.
class owned_table {
 public:
  static constexpr std::size_t most_taken = 1024;

  std::mutex& mutex() const noexcept { return mutex_; }

  /// Of a caller of this program. Gives null, or the call of its key that runs already: of the same
  /// request the caller waits for it from now on.
  owned_ptr enroll(owned_ptr const& one, std::shared_ptr<awaited_call> const& caller) {
    std::lock_guard const lock(mutex_);
    if (one->what.key) {
      auto const [at, is_new] = keys_.emplace(key_of(one->what), one);
      if (!is_new) {
        if (at->second->what.payload_hash == one->what.payload_hash) {
          caller->what.id = at->second->what.id; // by which it is found when its caller goes
          at->second->callers.push_back(caller);
          if (caller->discards) at->second->is_discarded = true;
        }
        return at->second;
      }
    }
    running_.emplace(one->what.id, one);
    return nullptr;
  }
  /// Out of the storage.
  void enroll_taken(owned_ptr const& one) {
    std::lock_guard const lock(mutex_);
    running_.emplace(one->what.id, one);
    if (one->what.key) keys_.emplace(key_of(one->what), one);
    ++taken_;
  }
  /// With the lock. Gives whether there is room again that there was not.
  bool forget(owned_call const& one) {
    running_.erase(one.what.id);
    if (one.what.key) {
      auto const at = keys_.find(key_of(one.what));
      if (at != keys_.end() && at->second.get() == &one) keys_.erase(at);
    }
    return one.was_taken && taken_-- == most_taken / 2;
  }

  /// With the lock; null: there is none of that number.
  owned_ptr find(std::uint64_t id) const {
    auto const at = running_.find(id);
    return at == running_.end() ? nullptr : at->second;
  }
  /// That caller of its waits no longer; null: it is the storage that tells so. `is_awaited`:
  /// others of this program wait for it in the storage.
  struct left {
    owned_ptr call{};     ///< null: it is not here
    bool is_over = false; ///< nobody wants it any more
  };
  left leave(std::uint64_t id, awaited_call const* by, bool is_awaited) {
    std::lock_guard const lock(mutex_);
    left found{find(id)};
    if (!found.call) return found;
    auto& callers = found.call->callers;
    std::erase_if(callers, [by](auto const& one) { return one.get() == by; });
    bool const is_wanted = by != nullptr && (is_awaited || !callers.empty());
    found.is_over = !is_wanted && found.call->can_be_interrupted();
    if (found.is_over) found.call->is_interrupted = true;
    return found;
  }
  bool is_stored(owned_call const& one) const {
    std::lock_guard const lock(mutex_);
    return one.is_stored();
  }
  /// It is being stored, and answered when it is.
  bool keeps_end(owned_call& one, store::answer& end) const {
    std::lock_guard const lock(mutex_);
    if (one.saved != owned_call::saving::under_way) return false;
    one.end = std::make_unique<store::answer>(std::move(end));
    return true;
  }
  bool has_stored(std::uint64_t id) const {
    std::lock_guard const lock(mutex_);
    auto const found = find(id);
    return found && found->is_stored();
  }
  bool can_be_interrupted(owned_call const& one) const {
    std::lock_guard const lock(mutex_);
    return one.can_be_interrupted();
  }
  owned_ptr find_now(std::uint64_t id) const {
    std::lock_guard const lock(mutex_);
    return find(id);
  }
  /// Streams in those shards.
  std::vector<owned_ptr> streams_in(std::vector<store::shard_lease> const& all) const {
    std::lock_guard const lock(mutex_);
    std::vector<owned_ptr> found;
    for (auto const& entry : running_) {
      auto const& one = entry.second;
      bool const is_in = one->streams() && std::any_of(all.begin(), all.end(), [&](auto const& in) {
                           return in.shard == one->what.shard && in.group == one->what.group;
                         });
      if (is_in) found.push_back(one);
    }
    return found;
  }
  /// Those that others read, of whom it is known who they are, and that are not told to end yet.
  struct read_stream {
    std::uint64_t id;
    std::uint64_t reader; ///< its incarnation
  };
  std::vector<read_stream> read_elsewhere(std::uint64_t mine) const {
    std::lock_guard const lock(mutex_);
    std::vector<read_stream> found;
    for (auto const& [id, one] : running_)
      if (one->reader != 0 && one->reader != mine && !one->is_interrupted)
        found.push_back({id, one->reader});
    return found;
  }
  bool has(std::uint64_t id) const {
    std::lock_guard const lock(mutex_);
    return running_.find(id) != running_.end();
  }
  /// With no name, of all kinds.
  std::size_t count(std::string_view entity) const {
    std::lock_guard const lock(mutex_);
    if (entity.empty()) return running_.size();
    std::size_t found = 0;
    for (auto const& [id, one] : running_) found += one->what.entity == entity;
    return found;
  }
  std::size_t room() const {
    std::lock_guard const lock(mutex_);
    return most_taken - (std::min)(taken_, most_taken);
  }
  std::vector<std::uint64_t> ids() const {
    std::lock_guard const lock(mutex_);
    std::vector<std::uint64_t> all;
    for (auto const& [id, one] : running_) all.push_back(id);
    return all;
  }

 private:
  mutable std::mutex mutex_;
  std::unordered_map<std::uint64_t, owned_ptr> running_;
  std::unordered_map<std::string, owned_ptr> keys_;
  std::size_t taken_ = 0;
};

} // namespace pando::cluster::detail
