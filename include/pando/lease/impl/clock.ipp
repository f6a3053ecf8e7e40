// Reading CLOCK_BOOTTIME.
#pragma once

#include <ctime>
#include <memory>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/lease/clock.hpp>

namespace pando::lease {

namespace detail {

class boot_time_source final : public time_source {
 public:
  std::int64_t now() const noexcept override {
    timespec at{};
    ::clock_gettime(CLOCK_BOOTTIME, &at);
    return std::int64_t{at.tv_sec} * 1000 + at.tv_nsec / 1'000'000;
  }
  std::chrono::sys_time<std::chrono::milliseconds> wall() const noexcept override {
    using namespace std::chrono;
    return floor<milliseconds>(system_clock::now());
  }
  std::function<void()> call_after(boost::asio::any_io_executor const& home,
                                   std::chrono::milliseconds time,
                                   std::function<void()> then) const override {
    auto const timer = std::make_shared<boost::asio::steady_timer>(home, time);
    timer->async_wait([timer, then = std::move(then)](boost::system::error_code error) {
      if (!error) then();
    });
    return [timer] { timer->cancel(); };
  }
};

} // namespace detail

PANDO_LAZY_BODY task<void> pause(time_source const& by, std::chrono::milliseconds time) {
  auto const home = co_await boost::asio::this_coro::executor;
  auto const over = std::make_shared<one_shot>(home);
  auto fire = firing(over);
  by.call_after(home, time, std::move(fire));
  co_await over->wait();
}

PANDO_INLINE time_source const& boot_time() {
  static detail::boot_time_source const source;
  return source;
}

} // namespace pando::lease
