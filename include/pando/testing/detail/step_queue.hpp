// Where one member of a test's cluster runs: its handlers in their order, when it is told to.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>

namespace pando::testing::detail {

/// A process of its own, as far as a test can tell: it can be held back between any two of its
/// steps, or end there. *Thread*: anybody adds; one runs.
class step_queue {
 public:
  class executor_type;

  /// `timers`: what the timers of real time belong to. `count`: of the steps of all queues, which
  /// tells which came first.
  step_queue(boost::asio::execution_context& timers, std::atomic<std::uint64_t>& count)
      : timers_(timers), count_(count) {}
  step_queue(step_queue const&) = delete;
  ~step_queue() { drop_all(); }

  executor_type get_executor() noexcept;

  /// The number of the step that is next, or 0.
  std::uint64_t next() const {
    std::lock_guard const lock(mutex_);
    return steps_.empty() ? 0 : steps_.front()->number;
  }
  /// *Pre*: there is one.
  void run_one() {
    auto const one = take();
    runs_on_.store(std::this_thread::get_id(), std::memory_order_relaxed);
    struct guard {
      std::atomic<std::thread::id>& of;
      ~guard() { of.store(std::thread::id(), std::memory_order_relaxed); }
    } const over{runs_on_};
    one->run();
  }
  /// Ends what waits, without running it. Gives whether there was something.
  bool drop_all() {
    bool was_any = false;
    for (; next() != 0; was_any = true) (void)take(); // which may add some
    return was_any;
  }

 private:
  struct step {
    virtual ~step() = default;
    virtual void run() = 0;
    std::uint64_t number = 0;
  };
  template <class Function>
  struct step_of final : step {
    explicit step_of(Function&& does) : function(std::move(does)) {}
    void run() override { std::move(function)(); }
    Function function;
  };

  bool runs_here() const noexcept {
    return runs_on_.load(std::memory_order_relaxed) == std::this_thread::get_id();
  }
  void add(std::unique_ptr<step> one) {
    std::lock_guard const lock(mutex_);
    one->number = ++count_;
    steps_.push_back(std::move(one));
  }
  std::unique_ptr<step> take() {
    std::lock_guard const lock(mutex_);
    auto one = std::move(steps_.front());
    steps_.pop_front();
    return one;
  }

  boost::asio::execution_context& timers_;
  std::atomic<std::uint64_t>& count_;
  mutable std::mutex mutex_;
  std::deque<std::unique_ptr<step>> steps_;
  std::atomic<std::thread::id> runs_on_{};
};

/// Asio's executor of such a queue: what is dispatched from one of its steps runs in it.
class step_queue::executor_type {
  using blocking = boost::asio::execution::blocking_t;

 public:
  explicit executor_type(step_queue& of, bool is_never = false) noexcept
      : queue_(&of), is_never_(is_never) {}

  template <class Function>
  void execute(Function function) const {
    if (!is_never_ && queue_->runs_here()) return std::move(function)();
    queue_->add(std::make_unique<step_of<Function>>(std::move(function)));
  }
  boost::asio::execution_context& query(boost::asio::execution::context_t) const noexcept {
    return queue_->timers_;
  }
  blocking query(blocking) const noexcept {
    return is_never_ ? blocking(blocking::never) : blocking(blocking::possibly);
  }
  executor_type require(blocking::never_t) const noexcept { return executor_type(*queue_, true); }
  executor_type require(blocking::possibly_t) const noexcept { return executor_type(*queue_); }

  friend bool operator==(executor_type const& a, executor_type const& b) noexcept {
    return a.queue_ == b.queue_ && a.is_never_ == b.is_never_;
  }
  friend bool operator!=(executor_type const& a, executor_type const& b) noexcept {
    return !(a == b);
  }

 private:
  step_queue* queue_;
  bool is_never_;
};

inline step_queue::executor_type step_queue::get_executor() noexcept {
  return executor_type(*this);
}

} // namespace pando::testing::detail
