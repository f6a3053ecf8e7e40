// Awaiting a timer by the means that all of Pando's waiting shares.
//
// Asio makes some two hundred functions for a coroutine that awaits one more kind of operation.
// What is awaited by `one_shot` and `callback` needs those of these two alone.
#pragma once

#include <boost/asio/steady_timer.hpp>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>

namespace pando::detail {

/// Waits until the timer has expired, or was cancelled, as it is when the coroutine is.
PANDO_LAZY task<void> pause(boost::asio::steady_timer& timer);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/pause.ipp>
#endif
