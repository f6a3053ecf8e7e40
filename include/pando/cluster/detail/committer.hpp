// Group commit: what many calls write at a time goes into one transaction.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <iterator>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

#include <pando/cluster/fleet_counts.hpp>
#include <pando/cluster/runner.hpp>
#include <pando/config.hpp>
#include <pando/lease/clock.hpp>
#include <pando/store/storage.hpp>

namespace pando::cluster::detail {

/// An operation on its way into the storage.
struct commit {
  store::message_operation operation{};
  std::int64_t until = 0; ///< by the leases' clock: where the storage fails, it is tried until then
  std::function<void(commit&)> done{}; ///< on the runner's executor; it may take what is in here
  std::optional<store::storage_error> failure{};
  bool may_have_happened = false; ///< one of the attempts ended in nobody knows what
  bool is_waiting = false;        ///< under the committer's lock: it has not been sent
};

/// Gathers operations and applies them, as many as there are, in their order; those that only look
/// have a lane of their own beside those that write. Operations are done again where nobody knows
/// whether they happened: each says so when it finds itself.
/// A template so that its coroutine is made where it is used, see <pando/config.hpp>.
template <class Lazy>
class committer : public std::enable_shared_from_this<committer<Lazy>> {
 public:
  explicit committer(runner& fleet) : fleet_(fleet) {}

  /// *Thread*: any.
  void submit(std::unique_ptr<commit> one) {
    using action = store::message_operation::action;
    auto& to = one->operation.what_to_do == action::find ? looks_ : writes_;
    {
      std::lock_guard const lock(mutex_);
      one->is_waiting = true;
      to.waiting.push_back(std::move(one));
      if (to.working == most_at_a_time) return;
      ++to.working;
    }
    // Posted, for a coroutine is begun at once where it can be: it would go with this one alone,
    // and those who are about to come with it would wait for its commit.
    boost::asio::post(fleet_.executor(), [self = this->shared_from_this(), &to] {
      boost::asio::co_spawn(self->fleet_.executor(), work(self, to), boost::asio::detached);
    });
  }
  /// Changes what is not on its way yet, in its place. Gives false when it is. *Thread*: any; it
  /// has not been told that it is done.
  bool revise(commit& one, std::function<void(commit&)> const& change) {
    std::lock_guard const lock(mutex_);
    if (one.is_waiting) change(one);
    return one.is_waiting;
  }
  /// Nothing is tried again from now on.
  void give_up() noexcept { has_given_up_ = true; }
  bool is_idle() const {
    std::lock_guard const lock(mutex_);
    return writes_.working == 0 && looks_.working == 0;
  }

 private:
  using batch = std::vector<std::unique_ptr<commit>>;
  struct lane {
    std::deque<std::unique_ptr<commit>> waiting{};
    int working = 0;
  };
  static constexpr std::size_t most_in_one = 1024;
  static constexpr int most_at_a_time = 2; ///< one commits while the next is written
  static constexpr std::chrono::milliseconds rest{100};

  static task<void> work(std::shared_ptr<committer> self, lane& in) {
    for (;;) {
      batch all = self->next(in);
      if (all.empty()) co_return;
      std::optional<store::storage_error> failed;
      try {
        co_await self->apply(all);
      } catch (store::storage_error const& error) {
        failed = error;
      } catch (std::exception const& error) {
        failed.emplace(store::storage_fault::refused, error.what());
      }
      if (&in == &self->writes_ && !self->has_given_up_)
        self->fleet_.note_calls(failed ? failed->what() : "");
      bool const is_again = failed && self->try_again(in, all, *failed);
      for (auto& one : all) {
        one->failure = failed;
        one->done(*one);
      }
      if (is_again) co_await lease::pause(self->fleet_.table().time(), rest);
    }
  }

  batch next(lane& in) {
    batch all;
    std::lock_guard const lock(mutex_);
    while (!in.waiting.empty() && all.size() < most_in_one) {
      all.push_back(std::move(in.waiting.front()));
      all.back()->is_waiting = false;
      in.waiting.pop_front();
    }
    if (all.empty()) --in.working;
    return all;
  }

  task<void> apply(batch& all) {
    std::vector<store::message_operation> operations;
    operations.reserve(all.size());
    for (auto& one : all) operations.push_back(std::move(one->operation));
    std::exception_ptr failed;
    try {
      std::span<store::message_operation> const span(operations);
      timed applying(fleet_.counts(), storage_operation::apply);
      co_await fleet_.storage().apply(span);
      applying.gone_well();
    } catch (...) {
      failed = std::current_exception();
    }
    for (std::size_t i = 0; i < all.size(); ++i) all[i]->operation = std::move(operations[i]);
    if (failed) std::rethrow_exception(failed);
  }

  /// Leaves those that are not tried any more in `all`; gives whether there are others.
  bool try_again(lane& in, batch& all, store::storage_error const& why) {
    bool const is_unknown = why.fault() == store::storage_fault::outcome_unknown;
    auto const now = fleet_.table().now();
    batch over;
    batch again;
    for (auto& one : all) {
      one->may_have_happened = one->may_have_happened || is_unknown;
      bool const is_late = has_given_up_ || !why.is_retryable() || one->until <= now;
      (is_late ? over : again).push_back(std::move(one));
    }
    all = std::move(over);
    if (again.empty()) return false;
    std::lock_guard const lock(mutex_);
    for (auto const& one : again) one->is_waiting = true;
    in.waiting.insert(in.waiting.begin(), std::make_move_iterator(again.begin()),
                      std::make_move_iterator(again.end()));
    return true;
  }

  runner& fleet_;
  mutable std::mutex mutex_;
  lane writes_;
  lane looks_;
  std::atomic<bool> has_given_up_{false};
};

} // namespace pando::cluster::detail
