// What a connection may ask of this side: every queue, frame and wait has a bound.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace pando {

/// The bounds of one connection. Each side has its own.
struct link_limits {
  /// The most bytes of one message, or of one line of JSON-RPC. A longer one ends the connection.
  std::size_t max_frame = std::size_t{16} << 20;
  /// Calls in flight; one more is answered with `overloaded`. *Limit*: 65,535.
  std::size_t max_calls = 4096;
  /// Requests in one JSON-RPC batch.
  std::size_t max_batch = 1000;
  /// With so many bytes waiting for a slow reader, nothing more is read from it and streams rest.
  std::size_t pause_at = std::size_t{1} << 20;
  /// With so many it is given up.
  std::size_t max_outgoing = std::size_t{64} << 20;
  /// A reader that takes not one byte for so long is given up.
  std::chrono::milliseconds stall{30'000};
  /// Whoever connects says what it speaks within this time.
  std::chrono::milliseconds handshake{10'000};
  /// Whoever says nothing for so long, though asked, is taken for dead; 0: never. Found out between
  /// three quarters of it and all of it.
  std::chrono::milliseconds heartbeat{0};
};

} // namespace pando
