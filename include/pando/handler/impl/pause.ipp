// A timer, and what happens once.
#pragma once

#include <boost/asio/this_coro.hpp>

#include <pando/handler/callback.hpp>
#include <pando/handler/one_shot.hpp>
#include <pando/handler/pause.hpp>

namespace pando::detail {

PANDO_LAZY_BODY task<void> pause(boost::asio::steady_timer& timer) {
  one_shot over(co_await boost::asio::this_coro::executor);
  over.state = &timer;
  over.on_cancel = [](void* which) { static_cast<boost::asio::steady_timer*>(which)->cancel(); };
  timer.async_wait(callback([&over] { over.fire(); }));
  co_await over.wait();
}

} // namespace pando::detail
