// Awaiting a time by the means that all of Pando's waiting shares.
//
// Asio makes some two hundred functions for a coroutine that awaits one more kind of operation.
// What is awaited by `one_shot` and `callback` needs those of these two alone.
#pragma once

#include <chrono>

#include <pando/config.hpp>
#include <pando/handler/task.hpp>

namespace pando::detail {

/// Waits that long, or until the coroutine is cancelled.
PANDO_LAZY task<void> pause(std::chrono::milliseconds time);

} // namespace pando::detail

#ifdef PANDO_HEADER_ONLY
#include <pando/handler/impl/pause.ipp>
#endif
