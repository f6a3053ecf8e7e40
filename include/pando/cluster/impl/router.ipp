// Channels to the other runners, and what becomes of calls that wait.
#pragma once

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/cluster/detail/persistence.hpp>
#include <pando/cluster/detail/router.hpp>
#include <pando/handler/one_shot.hpp>

namespace pando::cluster::detail {

PANDO_INLINE std::shared_ptr<channel> router::channel_to(std::string const& address,
                                                         boost::asio::any_io_executor const& home) {
  if (std::find(own_.begin(), own_.end(), home) == own_.end()) return connect_(address, home);
  std::lock_guard const lock(mutex_);
  for (auto const& one : channels_)
    if (one.address == address && one.home == home) return one.to;
  auto made = connect_(address, home);
  channels_.push_back({address, home, made});
  return made;
}

PANDO_LAZY_BODY task<void> router::close() {
  auto const home = co_await boost::asio::this_coro::executor;
  std::vector<known_channel> all;
  {
    std::lock_guard const lock(mutex_);
    all.swap(channels_);
  }
  for (auto& one : all) {
    one_shot gone(home);
    boost::asio::post(one.home, [to = std::move(one.to), &gone, home]() mutable {
      to.reset();
      boost::asio::post(home, [&gone] { gone.fire(); });
    });
    co_await gone.wait();
  }
}

PANDO_INLINE void router::wait(std::shared_ptr<waiting_call> one) {
  if (one->refused.times != 0)
    one->forget_rest = fleet_.table().time().call_after(one->home, one->refused.rest(), [one] {
      if (one->call != nullptr) one->try_again(one);
    });
  std::lock_guard const lock(mutex_);
  waiting_.push_back(std::move(one));
}

PANDO_INLINE void router::forget(waiting_call const& one) {
  std::lock_guard const lock(mutex_);
  std::erase_if(waiting_, [&](auto const& each) { return each.get() == &one; });
}

PANDO_INLINE void router::look_again() { fleet_.look_soon(); }

PANDO_INLINE void router::routes_changed() {
  std::lock_guard const lock(mutex_);
  for (auto& one : channels_) {
    if (fleet_.knows(one.address)) continue;
    auto const home = one.home; // where it ends
    boost::asio::post(home, [to = std::move(one.to)]() mutable { to.reset(); });
  }
  std::erase_if(channels_, [](auto const& one) { return one.to == nullptr; });
  // Under the lock: a call's executor lives as long as the call is among these.
  for (auto const& one : waiting_) {
    boost::asio::post(one->home, [one] {
      if (one->call != nullptr) one->try_again(one);
    });
  }
}

PANDO_INLINE void router::gained(std::vector<store::shard_lease> const& all) {
  routes_changed();
  if (persisted_ != nullptr) persisted_->woken(store::wake::messages);
  if (sole_ != nullptr) sole_->gained(all);
}

/// Instances in them end by themselves: each knows its epoch.
PANDO_INLINE void router::lost(std::vector<store::shard_lease> const& all) {
  if (persisted_ != nullptr) persisted_->lost(all);
  if (sole_ != nullptr) sole_->lost(all);
}

PANDO_INLINE void router::leaving(std::vector<store::shard_lease> const& all) {
  if (persisted_ != nullptr) persisted_->leaving(all);
  if (sole_ != nullptr) sole_->leaving(all);
}

PANDO_INLINE task<void> router::leave(std::vector<store::shard_lease> const& all) {
  if (persisted_ != nullptr) persisted_->lost(all);
  if (sole_ != nullptr) sole_->left(all);
  return ends_(all);
}

PANDO_INLINE void router::woken(store::wake what) {
  if (persisted_ != nullptr) persisted_->woken(what);
}

} // namespace pando::cluster::detail
