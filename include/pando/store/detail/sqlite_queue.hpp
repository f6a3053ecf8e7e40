// The jobs that wait for a worker's thread, and how many of them it takes at once.
#pragma once

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include <pando/store/detail/sqlite_job.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite::detail {

using jobs = std::vector<std::shared_ptr<job>>;

/// How a batch is waited for, by what the last one was.
///
/// Those who were answered in it are about to ask again. Until one of them has, a thread stays
/// `awake`: to sleep, and to be woken by another core, takes two switches and a good part of the
/// time of a commit. When only the first have, `patience` is waited for as many as `expected`:
/// otherwise a batch of one would come after each full one.
struct batch_pace {
  std::chrono::nanoseconds awake{};
  std::size_t expected = 1;
  std::chrono::nanoseconds patience{};
};

/// *Thread*: any.
class job_queue {
 public:
  enum class answer { taken, full, closed };

  explicit job_queue(std::size_t limit) : limit_(limit) {}

  answer add(std::shared_ptr<job> one) {
    bool wakes = false;
    {
      std::lock_guard const lock(mutex_);
      if (is_closed_) return answer::closed;
      if (waiting_.size() >= limit_) return answer::full;
      waiting_.push_back(std::move(one));
      count_.store(waiting_.size(), std::memory_order_relaxed);
      wakes = sleepers_ != 0 && waiting_.size() >= wanted_;
    }
    if (wakes) awake_.notify_one();
    return answer::taken;
  }

  /// Waits for jobs and takes at most `most`. Gives false when it is closed and empty.
  bool take(jobs& into, std::size_t most, batch_pace pace = {}) {
    stay_awake(pace.awake);
    std::unique_lock lock(mutex_);
    sleep(lock, 1, [&](auto ready) { awake_.wait(lock, ready); });
    auto const expected = std::min(pace.expected, most);
    if (waiting_.size() < expected && !is_closed_)
      sleep(lock, expected, [&](auto ready) { awake_.wait_for(lock, pace.patience, ready); });
    auto const count = std::min(most, waiting_.size());
    auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    into.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    count_.store(waiting_.size(), std::memory_order_relaxed);
    return count != 0;
  }

  void close() {
    {
      std::lock_guard const lock(mutex_);
      is_closed_ = true;
    }
    awake_.notify_all();
  }

  std::size_t size() const { return count_.load(std::memory_order_relaxed); }

 private:
  /// It gives its core to whoever has work.
  void stay_awake(std::chrono::nanoseconds most) const {
    using clock = std::chrono::steady_clock;
    if (most == most.zero()) return;
    for (auto const end = clock::now() + most; size() == 0 && clock::now() < end;)
      std::this_thread::yield();
  }
  template <class Wait>
  void sleep(std::unique_lock<std::mutex>&, std::size_t wanted, Wait wait) {
    ++sleepers_;
    wanted_ = wanted;
    wait([this, wanted] { return is_closed_ || waiting_.size() >= wanted; });
    wanted_ = 1;
    --sleepers_;
  }

  std::mutex mutex_{};
  std::condition_variable awake_{};
  std::deque<std::shared_ptr<job>> waiting_{};
  std::size_t const limit_;
  std::atomic<std::size_t> count_ = 0; ///< of those who wait, for whoever has no lock
  std::size_t sleepers_ = 0;
  std::size_t wanted_ = 1;
  bool is_closed_ = false;
};

} // namespace pando::sqlite::detail

#endif
