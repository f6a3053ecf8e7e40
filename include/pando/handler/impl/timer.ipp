// Timers in a heap, and the descriptor that tells of the first.
#pragma once

#include <cerrno>
#include <chrono>
#include <ctime>
#include <system_error>
#include <utility>

#include <sys/timerfd.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/query.hpp>

#include <pando/handler/detail/loop_clock.hpp>
#include <pando/handler/timer.hpp>

namespace pando::detail {

PANDO_INLINE timer::timer(boost::asio::any_io_executor where)
    : where_(std::move(where)),
      clock_(boost::asio::use_service<loop_clock>(
          boost::asio::query(where_, boost::asio::execution::context))) {}

PANDO_INLINE void timer::set(time_point until, callback work) {
  clock_.set(*this, until, std::move(work));
}

PANDO_INLINE void timer::cancel() noexcept { clock_.cancel(*this); }

inline int new_ticker() {
  int const made = ::timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (made < 0)
    throw std::system_error(errno, std::system_category(), "a loop has no descriptor for timers");
  return made;
}

PANDO_INLINE loop_clock::loop_clock(boost::asio::execution_context& context)
    : service(context), ticker_(here_executor{&context}) {
  int const made = new_ticker();
  boost::system::error_code error;
  ticker_.assign(made, error);
  if (!error) return;
  ::close(made);
  throw std::system_error(error, "a loop has no room for timers");
}

/// The child's loop has the parent's descriptor, and would tell it of its own timers.
PANDO_INLINE void loop_clock::notify_fork(boost::asio::execution_context::fork_event event) {
  if (event != boost::asio::execution_context::fork_child) return;
  int const made = new_ticker();
  std::lock_guard const alone(lock_);
  boost::system::error_code ignored;
  ticker_.close(ignored); // who waits is told, and waits on the new one
  ticker_.assign(made, ignored);
}

PANDO_INLINE void loop_clock::set(timer& which, timer::time_point until, callback work) {
  callback before; // ends without the lock, as all that callers give
  std::lock_guard const alone(lock_);
  before = std::move(which.work_);
  if (which.place_ != timer::nowhere) take_out(which);
  heap_.push_back(nullptr);
  which.work_ = std::move(work);
  which.until_ = until;
  rise(which, heap_.size() - 1);
  if (which.place_ == 0 || !is_waiting_) wait();
}

PANDO_INLINE void loop_clock::cancel(timer& which) noexcept {
  callback before;
  std::lock_guard const alone(lock_);
  if (which.place_ == timer::nowhere) return;
  before = std::move(which.work_);
  take_out(which);
  boost::system::error_code ignored;
  if (heap_.empty() && is_waiting_) ticker_.cancel(ignored); // the loop may end
}

/// Until the first is due. Its lock is held.
PANDO_INLINE void loop_clock::wait() {
  using std::chrono::nanoseconds;
  constexpr long long second = 1'000'000'000;
  auto const until = heap_[0]->until_.time_since_epoch();
  auto const at = std::chrono::duration_cast<nanoseconds>(until).count();
  ::itimerspec when{}; // nothing at all would mean never
  when.it_value.tv_sec = at > 0 ? static_cast<std::time_t>(at / second) : 0;
  when.it_value.tv_nsec = at > 0 ? static_cast<long>(at % second) : 1;
  ::timerfd_settime(ticker_.native_handle(), TFD_TIMER_ABSTIME, &when, nullptr);
  if (is_waiting_) return;
  ticker_.async_wait(boost::asio::posix::descriptor_base::wait_read,
                     callback([this] { on_wait(); }));
  is_waiting_ = true;
}

PANDO_INLINE void loop_clock::on_wait() {
  auto const now = std::chrono::steady_clock::now();
  for (bool is_first = true;; is_first = false) {
    boost::asio::any_io_executor where;
    callback work;
    {
      std::lock_guard const alone(lock_);
      if (is_first) is_waiting_ = false;
      if (heap_.empty()) return;
      auto& next = *heap_[0];
      bool const is_due = next.until_ <= now;
      if (is_due) {
        where = next.where_;
        work = std::move(next.work_);
        take_out(next);
      }
      if (!heap_.empty()) wait(); // whatever `work` may do or throw
      if (!is_due) return;
    }
    // On the loop itself it is run as `dispatch` would, which allocates for it.
    auto const* const loop = where.target<boost::asio::io_context::executor_type>();
    if (loop != nullptr && &loop->context() == &context()) work();
    else dispatch(where, std::move(work));
  }
}

PANDO_INLINE void loop_clock::shutdown() {
  for (bool more = true; more;) {
    callback ended; // may end other timers
    std::lock_guard const alone(lock_);
    more = !heap_.empty();
    if (!more) break;
    auto& last = *heap_.back();
    ended = std::move(last.work_);
    take_out(last);
  }
  boost::system::error_code ignored;
  ticker_.close(ignored);
}

PANDO_INLINE void loop_clock::place(timer& which, std::size_t at) noexcept {
  heap_[at] = &which;
  which.place_ = at;
}

PANDO_INLINE void loop_clock::rise(timer& which, std::size_t at) noexcept {
  for (; at != 0 && which.until_ < heap_[(at - 1) / 2]->until_; at = (at - 1) / 2)
    place(*heap_[(at - 1) / 2], at);
  place(which, at);
}

PANDO_INLINE void loop_clock::sink(timer& which, std::size_t at) noexcept {
  for (auto child = 2 * at + 1; child < heap_.size(); at = child, child = 2 * at + 1) {
    if (child + 1 < heap_.size() && heap_[child + 1]->until_ < heap_[child]->until_) ++child;
    if (which.until_ <= heap_[child]->until_) break;
    place(*heap_[child], at);
  }
  place(which, at);
}

PANDO_INLINE void loop_clock::take_out(timer& which) noexcept {
  auto const at = which.place_;
  auto& last = *heap_.back();
  heap_.pop_back();
  which.place_ = timer::nowhere;
  if (&last == &which) return;
  sink(last, at);
  rise(last, last.place_);
}

} // namespace pando::detail
