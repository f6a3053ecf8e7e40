// Time that passes when a test says so.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <utility>

#include <boost/asio/post.hpp>

#include <pando/lease/clock.hpp>

namespace pando::testing {

/// Stands still until it is advanced. *Thread*: one.
class virtual_time final : public lease::time_source {
 public:
  using wall_time = std::chrono::sys_time<std::chrono::milliseconds>;

  std::int64_t now() const noexcept override { return now_; }
  /// Begins with the year 2030, unless it is set.
  wall_time wall() const noexcept override {
    return wall_time(std::chrono::milliseconds(now_) + set_by_);
  }
  /// Clocks show that from now on; leases and timers go by `now`, and see nothing of it.
  void set_wall(wall_time shown) noexcept {
    set_by_ = shown.time_since_epoch() - std::chrono::milliseconds(now_);
  }

  std::function<void()> call_after(boost::asio::any_io_executor const& home,
                                   std::chrono::milliseconds time,
                                   std::function<void()> then) const override {
    auto const at = due_.emplace(now_ + time.count(), due{home, std::move(then)});
    auto const alive = std::make_shared<bool>(true);
    at->second.alive = alive;
    return [alive] { *alive = false; };
  }

  /// Goes on to the next of what waits, and posts it; at most until `limit`, where it stops. Gives
  /// whether something was posted.
  bool step(std::int64_t limit) {
    while (!due_.empty() && due_.begin()->first <= limit) {
      auto const first = due_.begin();
      now_ = (std::max)(now_, first->first);
      auto taken = std::move(first->second);
      due_.erase(first);
      if (!*taken.alive) continue;
      auto const home = taken.home;
      boost::asio::post(home, [taken = std::move(taken)] {
        if (*taken.alive) taken.then();
      });
      return true;
    }
    now_ = (std::max)(now_, limit);
    return false;
  }
  /// Nothing of what waits happens any more.
  void forget_all() { // what ends may wait for something in turn
    while (!due_.empty()) std::exchange(due_, {}).clear();
  }

 private:
  struct due {
    boost::asio::any_io_executor home;
    std::function<void()> then;
    std::shared_ptr<bool> alive{};
  };

  std::int64_t now_ = 1'893'456'000'000; ///< since 1970
  std::chrono::milliseconds set_by_{0};
  mutable std::multimap<std::int64_t, due> due_{};
};

} // namespace pando::testing
