// A timer, and what happens once.
#pragma once

#include <boost/asio/this_coro.hpp>

#include <pando/handler/callback.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/pause.hpp>
#include <pando/handler/timer.hpp>

namespace pando::detail {

struct pausing {
  explicit pausing(boost::asio::any_io_executor const& home) : limit(home), over(home) {}

  timer limit;
  one_shot over;
};

PANDO_LAZY_BODY task<void> pause(std::chrono::milliseconds time) {
  auto const home = co_await boost::asio::this_coro::executor;
  pausing it(home);
  it.over.state = &it;
  it.over.on_cancel = [](void* which) {
    auto& self = *static_cast<pausing*>(which);
    self.limit.cancel();
    self.over.fire();
  };
  it.limit.set(std::chrono::steady_clock::now() + time, callback([&it] { it.over.fire(); }));
  co_await it.over.wait();
}

} // namespace pando::detail
