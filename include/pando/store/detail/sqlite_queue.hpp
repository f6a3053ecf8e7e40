// The jobs that wait for a worker's thread, and how many of them it takes at once.
#pragma once

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include <pando/store/detail/sqlite_job.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite::detail {

using jobs = std::vector<std::shared_ptr<job>>;

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
      wakes = sleepers_ != 0 && waiting_.size() >= wanted_;
    }
    if (wakes) awake_.notify_one();
    return answer::taken;
  }

  /// Waits for jobs and takes at most `most`. Gives false when it is closed and empty.
  ///
  /// Those who were answered in the last batch are about to ask again: when only the first of them
  /// have, `patience` is waited for as many as `expected`. Otherwise a batch of one would come
  /// after each full one.
  bool take(jobs& into, std::size_t most, std::size_t expected = 1,
            std::chrono::nanoseconds patience = {}) {
    std::unique_lock lock(mutex_);
    sleep(lock, 1, [&](auto ready) { awake_.wait(lock, ready); });
    if (expected = std::min(expected, most); waiting_.size() < expected && !is_closed_)
      sleep(lock, expected, [&](auto ready) { awake_.wait_for(lock, patience, ready); });
    auto const count = std::min(most, waiting_.size());
    auto const end = waiting_.begin() + static_cast<std::ptrdiff_t>(count);
    into.assign(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
    waiting_.erase(waiting_.begin(), end);
    return count != 0;
  }

  void close() {
    {
      std::lock_guard const lock(mutex_);
      is_closed_ = true;
    }
    awake_.notify_all();
  }

  std::size_t size() const {
    std::lock_guard const lock(mutex_);
    return waiting_.size();
  }

 private:
  template <class Wait>
  void sleep(std::unique_lock<std::mutex>&, std::size_t wanted, Wait wait) {
    ++sleepers_;
    wanted_ = wanted;
    wait([this, wanted] { return is_closed_ || waiting_.size() >= wanted; });
    wanted_ = 1;
    --sleepers_;
  }

  mutable std::mutex mutex_{};
  std::condition_variable awake_{};
  std::deque<std::shared_ptr<job>> waiting_{};
  std::size_t const limit_;
  std::size_t sleepers_ = 0;
  std::size_t wanted_ = 1;
  bool is_closed_ = false;
};

} // namespace pando::sqlite::detail

#endif
