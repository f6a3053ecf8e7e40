// Wake-ups that are collected until the executor comes to them.
#pragma once

#include <pando/store/detail/waker.hpp>

namespace pando::store::detail {

PANDO_INLINE void waker::start(boost::asio::any_io_executor home) {
  std::lock_guard const lock(mutex_);
  home_ = std::move(home);
}

PANDO_INLINE void waker::stop() noexcept {
  std::lock_guard const lock(mutex_);
  home_.reset();
  waiting_ = 0;
}

PANDO_INLINE void waker::tell(wakes kinds) {
  std::lock_guard const lock(mutex_);
  if (!home_ || !told_ || kinds == 0) return;
  bool const is_on_its_way = std::exchange(waiting_, waiting_ | kinds) != 0;
  if (!is_on_its_way) boost::asio::post(*home_, [self = shared_from_this()] { self->call(); });
}

PANDO_INLINE void waker::call() {
  wakes kinds = 0;
  {
    std::lock_guard const lock(mutex_);
    kinds = std::exchange(waiting_, 0);
  }
  for (auto const one : {wake::shards, wake::messages, wake::answers, wake::chunks})
    if ((kinds & as_wakes(one)) != 0) told_(one);
}

} // namespace pando::store::detail
