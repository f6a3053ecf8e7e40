// Persisted calls as channels see them: whoever keeps them, and what is known of a caller.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/post.hpp>

#include <pando/cluster/detail/held_resource.hpp>
#include <pando/handler/channel.hpp>
#include <pando/handler/served.hpp>
#include <pando/handler/task.hpp>
#include <pando/store/messages.hpp>
#include <pando/store/storage.hpp>

namespace pando::cluster::detail {

struct hosted_kind;
class received_stream;

/// The lowest bits of the tag of a call that a `persistence` keeps; see `entity_channel::stage`.
inline constexpr std::size_t persisted_tag = 3;

/// A caller of this program who waits for the answer of a stored call. The caller's side is touched
/// where it runs, and known to others under the lock alone.
struct awaited_call : std::enable_shared_from_this<awaited_call> {
  explicit awaited_call(operation& one) : home(one.home), call_(&one) {}

  /// The caller's side; null: it has gone. *Thread*: the caller's.
  operation* peek() const {
    std::lock_guard const lock(mutex_);
    return call_;
  }
  /// The same, which is not known from here on any more. *Thread*: the caller's.
  operation* release() {
    std::lock_guard const lock(mutex_);
    if (auto const forget = std::exchange(forget_timer, nullptr)) forget();
    auto* const one = std::exchange(call_, nullptr);
    if (one != nullptr) one->tag = 0;
    return one;
  }
  bool is_wanted() const {
    std::lock_guard const lock(mutex_);
    return call_ != nullptr;
  }
  /// Does something with the call where its caller runs, unless it has gone. *Thread*: any.
  static void tell(std::shared_ptr<awaited_call> const& one, std::function<void(operation&)> what) {
    std::lock_guard const lock(one->mutex_);
    if (one->call_ == nullptr) return;
    boost::asio::post(one->home, [one, does = std::move(what)] {
      if (auto* const call = one->peek(); call != nullptr) does(*call);
    });
  }
  /// Ends the call where its caller runs, unless it has gone. *Thread*: any.
  static void end(std::shared_ptr<awaited_call> const& one, std::function<void(operation&)> fill) {
    std::lock_guard const lock(one->mutex_); // the executor lives as long as the call is known
    if (one->call_ == nullptr) return;
    boost::asio::post(one->home, [one, with = std::move(fill)] {
      auto* const call = one->release();
      if (call == nullptr) return;
      with(*call);
      call->finish();
    });
  }

  boost::asio::any_io_executor const home;
  std::function<void()> forget_timer{}; ///< of when it waits no longer
  store::message what{}; ///< as it is to be stored; its id under the keeper's lock
  hosted_kind* kind = nullptr;
  served_route const* route = nullptr;
  std::int64_t until = 0;             ///< by the leases' clock: it is tried to store it until then
  std::atomic<bool> is_stored{false}; ///< it waits for an answer in the storage
  std::atomic<bool> may_have_begun{false}; ///< its handler, whose runner has lost it since
  bool is_counted = false;                 ///< among those that are stored of its shard
  bool is_interrupted = false;
  bool discards = false;                     ///< it ends when it is stored
  std::shared_ptr<received_stream> stream{}; ///< what has come of it, if it is one

 private:
  mutable std::mutex mutex_;
  operation* call_;
};

/// Keeps in the storage which resources instances hold outside. *Thread*: any; `done` is told on
/// the runner's what went wrong, or nothing.
class resource_records {
 public:
  virtual ~resource_records() = default;
  /// Of which instance is said as it is of a call, its payload is the resource's name. Fenced by
  /// the epoch.
  virtual void save(store::message of, std::uint64_t epoch,
                    std::function<void(std::string)> done) = 0;
  virtual void remove(store::message const& of, std::uint64_t epoch,
                      std::function<void(std::string)> done) = 0;
  /// What is stored of it by owners before that epoch.
  virtual earlier_record earlier(store::message const& of, std::uint64_t epoch) const = 0;
  /// Told when that is known, or when it will not be in a while.
  virtual void when_known(store::message const& of, std::uint64_t epoch,
                          std::function<void()> done) = 0;
};

/// Keeps the persisted calls of this program's callers, and of the shards that it owns.
/// *Thread*: any, unless it says more.
class persistence {
 public:
  virtual ~persistence() = default;
  /// Begins a call of an instance. *Thread*: the call's.
  virtual void begin(operation& call, hosted_kind& kind, served_route const& route,
                     std::string const& instance, std::uint32_t shard) = 0;
  /// The caller waits no longer. *Thread*: the call's.
  virtual void cancel(operation& call) = 0;
  /// The caller of a stream has room for so many more items. *Thread*: the call's.
  virtual void grant(stream_operation& call, std::size_t count) = 0;
  /// There may be something to take, or answers. *Thread*: the runner's.
  virtual void woken(store::wake what) = 0;
  /// These shards are not this runner's any more, or are given away. *Thread*: the runner's.
  virtual void lost(std::vector<store::shard_lease> const& all) = 0;
  /// These shards are about to be given away. *Thread*: the runner's.
  virtual void leaving(std::vector<store::shard_lease> const& all) = 0;
  /// Begins to take. *Thread*: the runner's.
  virtual void start() = 0;
  /// Callers of this program are about to read no more. *Thread*: the runner's.
  virtual task<void> stop_reading() = 0;
  /// Ends what goes on by itself, and those who wait. *Thread*: the runner's.
  virtual task<void> stop() = 0;
  /// How many calls of a kind run here, or wait to; with no name, of all.
  virtual std::size_t owned(std::string_view entity = {}) const = 0;
  virtual resource_records& resources() = 0;
};

} // namespace pando::cluster::detail
