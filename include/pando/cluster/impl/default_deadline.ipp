// One timer of a second, while any call is looked at.
#pragma once

#include <pando/cluster/detail/default_deadline.hpp>

namespace pando::cluster::detail {

/// What its timer knows, which keeps it: where the loop ends first, it ends with it.
struct second_hand::tick {
  std::function<void()> cancel{};
};

/// With the lock.
PANDO_INLINE void second_hand::set() {
  if (!where_) {
    is_due_ = true;
    if (!thread_.joinable() && !is_over_) thread_ = std::thread([this] { run(); });
    return changed_.notify_all();
  }
  auto const made = std::make_shared<tick>();
  next_ = made;
  made->cancel = time_->call_after(where_, std::chrono::seconds(1),
                                   [weak = weak_from_this(), made] {
                                     if (auto const self = weak.lock()) self->ticked();
                                   });
}

PANDO_INLINE void second_hand::run() {
  std::unique_lock lock(mutex_);
  while (!is_over_) {
    if (!is_due_) {
      changed_.wait(lock);
    } else if (!changed_.wait_for(lock, std::chrono::seconds(1), [this] { return is_over_; })) {
      if (!std::exchange(is_due_, false)) continue; // it goes by another time now
      lock.unlock();
      ticked();
      lock.lock();
    }
  }
}

PANDO_INLINE void second_hand::goes_by(lease::time_source const& time,
                                       boost::asio::any_io_executor where) {
  std::lock_guard const lock(mutex_);
  if (auto const before = std::exchange(next_, {}).lock()) before->cancel();
  is_due_ = false;
  time_ = &time;
  where_ = std::move(where);
  if (is_wound_) set();
}

PANDO_INLINE void second_hand::goes_by_itself() { goes_by(lease::boot_time(), {}); }

PANDO_INLINE void second_hand::begin() {
  std::lock_guard const lock(mutex_);
  if (!is_wound_.exchange(true)) set();
}

/// Unwound before it looks: a call that comes behind its look winds it again.
PANDO_INLINE void second_hand::ticked() {
  auto const now = now_.fetch_add(1, std::memory_order_relaxed) + 1;
  is_wound_ = false;
  bool is_any = false;
  {
    std::lock_guard const lock(looking_);
    is_any = look_ && look_(now);
  }
  if (is_any) wind();
}

PANDO_INLINE void second_hand::end() {
  {
    std::lock_guard const lock(mutex_);
    is_over_ = true;
    changed_.notify_all();
  }
  if (thread_.joinable()) thread_.join();
  std::lock_guard const lock(looking_);
  look_ = nullptr;
}

} // namespace pando::cluster::detail
