// A timer, and what happens once.
#pragma once

#include <memory>

#include <boost/asio/this_coro.hpp>

#include <pando/handler/callback.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/pause.hpp>
#include <pando/handler/timer.hpp>

namespace pando::detail {

struct pausing {
  explicit pausing(boost::asio::any_io_executor const& home)
      : over(std::make_shared<one_shot>(home)), limit(home) {}

  std::shared_ptr<one_shot> over; ///< outlives this: the timer's work lets go of it last
  timer limit;
};

PANDO_LAZY_BODY task<void> pause(std::chrono::milliseconds time) {
  auto const home = co_await boost::asio::this_coro::executor;
  pausing it(home);
  it.over->state = &it;
  it.over->on_cancel = [](void* which) {
    auto& self = *static_cast<pausing*>(which);
    self.over->fire(); // first: without its work nobody would be waited for
    self.limit.cancel();
  };
  it.limit.set(std::chrono::steady_clock::now() + time,
               callback([fire = fires_once(it.over)]() mutable { fire(); }));
  co_await it.over->wait();
}

} // namespace pando::detail
