// The limits and timeouts of an HTTP server.
#pragma once

#include <chrono>
#include <cstddef>

#include <pando/http/detail/parser.hpp>
#include <pando/runtime/counters.hpp>

namespace pando::http::detail {

/// Timeouts are kept to 0.1 s, and count only time in which the thread was free to serve.
struct server_settings {
  request_limits limits{};
  /// Of this server; at the limit new ones wait in the kernel's queue.
  std::size_t connections = 10'000;
  /// A connection that says nothing is closed.
  std::chrono::milliseconds first_byte_timeout{10'000};
  /// From a request's first octet to the end of its head; then 408.
  std::chrono::milliseconds head_timeout{10'000};
  /// From there to the end of its body; then 408.
  std::chrono::milliseconds body_timeout{60'000};
  /// Between requests; then closed.
  std::chrono::milliseconds idle_timeout{60'000};
  /// A peer that reads nothing of what is being sent to it is cut off.
  std::chrono::milliseconds write_timeout{30'000};
  /// How long after a peer has ended its side its call goes on. A peer that was killed looks the
  /// same as one that only has nothing more to say; most often it is the former.
  std::chrono::milliseconds half_close_grace{1'000};
  /// How long a connection that we end is read on, so that the last answer is not lost.
  std::chrono::milliseconds linger_timeout{2'000};
  /// How long an idle connection is kept when the server stops, for a request under way.
  std::chrono::milliseconds drain_idle{200};
  /// What may wait to be sent on one connection before it takes no further request.
  std::size_t unsent_bytes = std::size_t{64} << 10;
  /// Counts the connections that are open; null: nobody wants to know. It outlives the server.
  gauge* open = nullptr;
};

} // namespace pando::http::detail
