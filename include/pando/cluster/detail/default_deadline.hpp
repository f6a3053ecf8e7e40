// The deadline of volatile calls that set none: seconds are counted, no call has a timer.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string_view>
#include <thread>
#include <utility>

#include <boost/asio/any_io_executor.hpp>

#include <pando/config.hpp>
#include <pando/handler/deadline_clock.hpp>
#include <pando/lease/clock.hpp>

namespace pando::cluster::detail {

/// How long a call of an entity takes at most, unless its caller sets a deadline; a second more,
/// since seconds are counted. A stream has none.
inline constexpr std::chrono::seconds longest_call{60};
inline constexpr std::string_view longest_call_text =
    "no answer within 60 s, which is the deadline of a call that sets none; `within` sets another";

/// How long a call may take, by the fleet's time: milliseconds, 0 where it is not said yet.
struct time_limits {
  std::int64_t until = 0; ///< it waits for a runner, in all of its attempts
  std::int64_t due = 0;   ///< its caller waits, for a deadline of its own or by default
};

/// What is left until a caller's deadline, which goes on by the fleet's time.
using pando::detail::time_left;

/// A call that ends by the default deadline, in the list of those. Derive from it.
struct aging_call {
  /// Ends it where its caller runs, later. Called under the lock of its list.
  virtual void is_late() = 0;
  aging_call* older = nullptr;
  aging_call* newer = nullptr;
  std::uint32_t since = 0; ///< a `second_hand`'s second
  bool is_told = false;    ///< that it is late

 protected:
  ~aging_call() = default;
};

/// Calls from the newest to the oldest. Guarded by whoever has it, but for `is_any`.
class aging_calls {
 public:
  void add(aging_call& one, std::uint32_t now) noexcept {
    auto* const next = newest();
    one.since = now;
    one.older = next;
    if (next != nullptr) next->newer = &one;
    newest_.store(&one, std::memory_order_relaxed);
  }
  void remove(aging_call& one) noexcept {
    if (one.newer != nullptr) one.newer->older = one.older;
    else newest_.store(one.older, std::memory_order_relaxed);
    if (one.older != nullptr) one.older->newer = one.newer;
  }
  /// Whoever has added one, which is not removed yet, is told so. *Thread*: any.
  bool is_any() const noexcept { return newest() != nullptr; }
  /// Tells those that are late, each once. Gives whether there are any calls.
  bool tell_late(std::uint32_t now) const {
    for (auto* one = newest(); one != nullptr; one = one->older)
      if (now - one->since > longest_call.count() && !std::exchange(one->is_told, true))
        one->is_late();
    return is_any();
  }

 private:
  aging_call* newest() const noexcept { return newest_.load(std::memory_order_relaxed); }
  std::atomic<aging_call*> newest_{nullptr};
};

/// Counts seconds while there are calls to look at. *Thread*: any.
class second_hand : public std::enable_shared_from_this<second_hand> {
 public:
  /// `look` is told each second which one it is, and gives whether there are any calls still.
  explicit second_hand(std::function<bool(std::uint32_t now)> look) : look_(std::move(look)) {}

  /// From now on by that time, and there.
  void goes_by(lease::time_source const& time, boost::asio::any_io_executor where);
  /// From now on, and unless something else is said, by real time on a thread of its own, which is
  /// made when the first call lasts.
  void goes_by_itself();
  /// Nobody looks any more. Waits for a look that is under way.
  void end();
  std::uint32_t now() const noexcept { return now_.load(std::memory_order_relaxed); }
  /// There is a call to look at. Called after it was added, so that no last look has missed it.
  void wind() {
    if (!is_wound_.load(std::memory_order_relaxed)) begin();
  }

 private:
  struct tick;
  void begin();
  void set();
  void ticked();
  void run();

  std::mutex looking_; ///< of `look_`
  std::function<bool(std::uint32_t)> look_;
  std::atomic<std::uint32_t> now_{0};
  std::atomic<bool> is_wound_{false};
  std::mutex mutex_; ///< of what follows
  lease::time_source const* time_ = nullptr;
  boost::asio::any_io_executor where_{}; ///< empty: on its own thread
  std::weak_ptr<tick> next_{};
  std::thread thread_{};
  std::condition_variable changed_{};
  bool is_due_ = false; ///< the thread waits for the next second
  bool is_over_ = false;
};

} // namespace pando::cluster::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/cluster/impl/default_deadline.ipp>
#endif
