// Taking stored calls of this runner's shards out of the storage, as they come and as there is
// room.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <mutex>
#include <unordered_map>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/post.hpp>

#include <pando/cluster/detail/resource_markers.hpp>
#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/lease/table.hpp>

namespace pando::cluster::detail {

/// Who carries out what is taken. *Thread*: the runner's.
class taker_user {
 public:
  virtual ~taker_user() = default;
  virtual std::size_t room() const = 0; ///< for how many more
  virtual std::vector<std::uint64_t> running() const = 0;
  virtual void accept(store::taken_message&& one) = 0;
  /// Before a `take`: what tells what was stored before it.
  virtual std::uint64_t now_stored() const = 0;
  /// Nothing that was stored before that waits for these shards in the storage any more.
  virtual void caught_up(std::vector<store::shard_lease> const& held, std::uint64_t stored) = 0;
  virtual void look() = 0; ///< at each round, also of who has no shards
};

/// Who is told of instances that hold resources.
template <class Lazy>
using markers_ptr = std::shared_ptr<resource_markers<Lazy>>;

/// Woken by the storage, and by itself every second and when something is due. *Thread*: the
/// runner's, unless it says more.
/// A template so that its coroutines are made where it is used, see <pando/config.hpp>.
template <class Lazy>
class taker : public std::enable_shared_from_this<taker<Lazy>> {
 public:
  taker(runner& fleet, markers_ptr<Lazy> held) : fleet_(fleet), markers_(std::move(held)) {}

  void start(std::weak_ptr<taker_user> user) {
    user_ = std::move(user);
    over_ = std::make_shared<one_shot>(fleet_.executor());
    boost::asio::co_spawn(fleet_.executor(), loop(this->shared_from_this()),
                          [fire = fires_once(over_)](std::exception_ptr) mutable { fire(); });
  }
  task<void> stop() {
    auto const keep = this->shared_from_this();
    is_stopped_ = true;
    wake();
    if (over_ && !over_->has_fired()) co_await over_->wait();
  }
  void wake() {
    is_due_ = true;
    if (sleeping_ && !sleeping_->has_fired()) sleeping_->fire();
  }
  /// *Thread*: any.
  void wake_from_anywhere() {
    boost::asio::post(fleet_.executor(), [self = this->shared_from_this()] { self->wake(); });
  }
  /// What was taken and cannot be begun now: it is taken again in a while, or once there may be a
  /// thread for it. What is taken of its instance meanwhile comes after it; 0: nothing has to.
  /// *Thread*: any.
  void put_back(std::uint64_t id, std::uint64_t instance, bool lacks_thread = false) {
    auto const now = fleet_.table().now();
    {
      std::lock_guard const lock(mutex_);
      returned one{id, instance, lacks_thread, now};
      if (lacks_thread) one.rests_until += rest_without_thread.count();
      if (instance != 0) {
        auto& those = behind_[instance];
        ++those.count;
        one.rests_until = those.rest_until = (std::max)(those.rest_until, one.rests_until);
      }
      put_back_.push_back(one);
    }
    wake_from_anywhere();
  }
  /// Whether something of that instance is to be put back, or on its way. *Thread*: any.
  bool is_putting_back(std::uint64_t instance) const {
    std::lock_guard const lock(mutex_);
    return behind_.find(instance) != behind_.end();
  }

 private:
  using milliseconds = std::chrono::milliseconds;
  struct returned {
    std::uint64_t id = 0;
    std::uint64_t instance = 0;
    bool lacks_thread = false;
    std::int64_t rests_until = 0; ///< by the leases' clock
  };
  struct line {
    std::size_t count = 0;
    std::int64_t rest_until = 0; ///< all of them, so that they keep their order
  };
  static constexpr milliseconds poll{1'000};
  static constexpr milliseconds poll_in_trouble{250};
  static constexpr milliseconds crowded{50}; ///< until what was put back is taken again
  static constexpr milliseconds rest_without_thread{500}; ///< a look for one is a try to make it
  static constexpr std::chrono::seconds tells_of_threads_every{30};
  static constexpr milliseconds asks_every{100}; ///< what is to end, where nothing is taken
  static constexpr std::chrono::minutes prune_every{1};
  static constexpr milliseconds prune_on{50}; ///< while there is more than is pruned at once
  static constexpr std::size_t pruned_at_once = 1'000;

  static task<void> loop(std::shared_ptr<taker> self) {
    while (!self->is_stopped_) {
      self->is_due_ = false;
      auto rest = poll;
      bool is_in_trouble = false;
      try {
        rest = co_await self->round();
      } catch (std::exception const&) { // the runner tells of its storage's troubles
        is_in_trouble = true;
      }
      if (is_in_trouble) rest = poll_in_trouble;
      auto const user = self->user_.lock();
      if (user) user->look();
      self->markers_->look(user && user->room() != 0 && !self->is_stopped_);
      if (self->is_stopped_) break;
      if (!self->is_due_ || is_in_trouble) co_await self->sleep(rest);
    }
  }

  task<void> sleep(milliseconds time) {
    auto const event = std::make_shared<one_shot>(fleet_.executor());
    std::function<void()> fire = [event] {
      if (!event->has_fired()) event->fire();
    };
    auto const cancel = fleet_.table().time().call_after(fleet_.executor(), time, std::move(fire));
    sleeping_ = event;
    co_await event->wait();
    cancel();
  }

  /// Gives when to look again.
  task<milliseconds> round() {
    auto const mine = fleet_.incarnation();
    auto const user = user_.lock();
    if (mine == 0 || !user) co_return poll;
    co_await prune();
    auto rest = co_await put_all_back(mine);
    if (!unsettled_.empty()) {
      auto known = user->running();
      co_await undo_take(mine, std::move(known));
    }
    auto const held = held_now();
    auto const waiting = without_thread(); // which are kept here, and so bounded, too
    auto const room = user->room() - (std::min)(user->room(), waiting);
    if (room == 0 || is_any_leaving()) {
      auto const next = co_await hear_of_ends(*user);
      rest = (std::min)(rest, next);
    }
    if (held.empty() || room == 0) co_return rest;
    unsettled_ = held; // unless the answer comes
    auto const stored = user->now_stored();
    timed taking(fleet_.counts(), storage_operation::take);
    auto taken = co_await fleet_.storage().take(mine, held, room);
    taking.gone_well();
    unsettled_.clear();
    bool is_again = taken.is_more;
    bool is_any_back = false; // of resources
    for (auto& one : taken.all) {
      auto const id = one.what.id;
      if (!is_of_now(held, one.what)) {
        is_again = true;
      } else if (!markers_->is_marker(one.what)) {
        user->accept(std::move(one));
      } else if (!markers_->accept(std::move(one))) {
        is_any_back = true;
        put_back(id, 0);
      }
    }
    if (!is_again && !is_any_back) markers_->caught_up(held);
    if (is_again) is_due_ = true;
    else if (!has_to_put_back()) user->caught_up(held, stored);
    if (taken.next_due) rest = (std::min)(rest, *taken.next_due);
    co_return (std::max)(rest, milliseconds(1));
  }

  /// What is here hears that it is to end also where nothing is taken: of shards that leave, and
  /// when there is no room. Gives when to ask again.
  task<milliseconds> hear_of_ends(taker_user& user) {
    auto const now = fleet_.table().now();
    if (now < asks_at_) co_return milliseconds(asks_at_ - now);
    auto const known = user.running();
    if (known.empty()) co_return poll;
    asks_at_ = now + asks_every.count();
    auto const found = co_await fleet_.storage().interrupted(known);
    for (auto const id : found) {
      store::taken_message one;
      one.what.id = id;
      one.is_interrupted = one.is_taken_before = true;
      user.accept(std::move(one));
    }
    co_return poll;
  }

  bool is_any_leaving() const {
    auto const& leases = fleet_.table();
    bool is_any = false;
    leases.for_each_held([&](std::size_t group, std::uint32_t shard, std::uint64_t) {
      is_any = is_any || leases.is_leaving(group, shard);
    });
    return is_any;
  }

  /// False: its shard is in a later epoch by now, in which it is to be taken again, in its order.
  bool is_of_now(std::vector<store::shard_lease> const& held, store::message const& what) const {
    auto const& leases = fleet_.table();
    auto const epoch = leases.held(leases.group_of(what.group), what.shard);
    return epoch == 0 || std::any_of(held.begin(), held.end(), [&](store::shard_lease const& one) {
             return one.shard == what.shard && one.epoch == epoch && one.group == what.group;
           });
  }

  /// Of the shards that it was asked of: some of them may not be held just now, and be in the same
  /// epoch again later.
  task<void> undo_take(std::uint64_t mine, std::vector<std::uint64_t> known) {
    {
      std::lock_guard const lock(mutex_);
      for (auto const& one : put_back_) known.push_back(one.id);
    }
    co_await fleet_.storage().put_back_unknown(mine, unsettled_, known);
    unsettled_.clear();
  }

  task<void> prune() {
    auto const now = fleet_.table().now();
    if (now < prune_at_) co_return;
    prune_at_ = now + milliseconds(prune_every).count();
    auto const age = fleet_.options().retention;
    auto const pruned = co_await fleet_.storage().prune(age, pruned_at_once);
    if (pruned == pruned_at_once) prune_at_ = now + prune_on.count();
  }

  /// Gives when to look again.
  task<milliseconds> put_all_back(std::uint64_t mine) {
    auto const now = fleet_.table().now();
    std::vector<returned> all;
    {
      std::lock_guard const lock(mutex_);
      if (put_back_.empty()) co_return poll;
      if (now < crowded_until_) co_return milliseconds(crowded_until_ - now);
      auto const rest = take_rested(now, all);
      if (all.empty()) co_return rest;
    }
    std::vector<std::uint64_t> ids;
    for (auto const& one : all) ids.push_back(one.id);
    crowded_until_ = now + crowded.count();
    tell_of_threads(now, all);
    std::exception_ptr failed;
    try {
      co_await fleet_.storage().put_back(mine, ids);
    } catch (...) {
      failed = std::current_exception();
    }
    {
      std::lock_guard const lock(mutex_);
      if (failed)
        put_back_.insert(put_back_.end(), all.begin(), all.end());
      else
        for (auto const& one : all) is_back(one);
    }
    if (failed) std::rethrow_exception(failed);
    co_return has_to_put_back() ? crowded : poll;
  }
  /// With the lock. Gives when the next of those is to go that rest for longer.
  milliseconds take_rested(std::int64_t now, std::vector<returned>& rested) {
    auto next = poll;
    std::erase_if(put_back_, [&](returned const& one) {
      if (one.rests_until > now) {
        next = (std::min)(next, milliseconds(one.rests_until - now));
        return false;
      }
      rested.push_back(one);
      return true;
    });
    return next;
  }
  void tell_of_threads(std::int64_t now, std::vector<returned> const& rested) {
    auto const count = count_without_thread(rested);
    if (count == 0 || now < tells_of_threads_at_) return;
    tells_of_threads_at_ = now + milliseconds(tells_of_threads_every).count();
    fleet_.events().warning(
        std::to_string(count) + (count == 1 ? " persisted call waits" : " persisted calls wait") +
        " for a thread, since this app has none for handlers that block: let it have more "
        "(ulimit -u)");
  }
  /// With the lock.
  void is_back(returned const& one) {
    auto const at = behind_.find(one.instance);
    if (at != behind_.end() && --at->second.count == 0) behind_.erase(at);
  }

  std::size_t without_thread() const {
    std::lock_guard const lock(mutex_);
    return count_without_thread(put_back_);
  }
  static std::size_t count_without_thread(std::vector<returned> const& all) {
    return static_cast<std::size_t>(std::count_if(
        all.begin(), all.end(), [](returned const& one) { return one.lacks_thread; }));
  }
  bool has_to_put_back() const {
    std::lock_guard const lock(mutex_);
    return !put_back_.empty();
  }

  std::vector<store::shard_lease> held_now() const {
    auto const& leases = fleet_.table();
    std::vector<store::shard_lease> held;
    leases.for_each_held([&](std::size_t group, std::uint32_t shard, std::uint64_t epoch) {
      if (!leases.is_leaving(group, shard))
        held.push_back({leases.groups()[group].name, shard, epoch});
    });
    return held;
  }

  runner& fleet_;
  markers_ptr<Lazy> markers_;
  std::weak_ptr<taker_user> user_{};
  mutable std::mutex mutex_;
  std::vector<returned> put_back_;
  std::unordered_map<std::uint64_t, line> behind_; ///< by their instances
  std::int64_t crowded_until_ = 0;
  std::int64_t tells_of_threads_at_ = 0;
  std::int64_t prune_at_ = 0;
  std::int64_t asks_at_ = 0;
  bool is_due_ = false;
  std::vector<store::shard_lease> unsettled_{}; ///< of a take whose answer has not come
  std::atomic<bool> is_stopped_{false};
  std::shared_ptr<one_shot> sleeping_{};
  std::shared_ptr<one_shot> over_{};
};

} // namespace pando::cluster::detail
