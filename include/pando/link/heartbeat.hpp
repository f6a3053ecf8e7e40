// Finding out that the other side of a connection is dead although nobody closed it.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>

#include <pando/config.hpp>
#include <pando/link/deadline_watch.hpp>
#include <pando/link/stream_connection.hpp>

namespace pando {

/// Looks four times in a limit whether anything has come; a silent side is asked, and its
/// connection closed when it does not answer either. *Thread*: the connection's.
class heartbeat {
 public:
  /// `ask` writes what the other side answers. Destroyed before the connection is, or by its end.
  heartbeat(stream_connection& connection, std::chrono::milliseconds limit,
            std::function<void()> ask);

 private:
  deadline_watch::time_point look(deadline_watch::time_point now);

  stream_connection& connection_;
  std::chrono::milliseconds const limit_;
  std::function<void()> const ask_;
  std::uint64_t seen_ = 0;
  int silent_ = 0; ///< how often nothing had come
  deadline_watch watch_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/heartbeat.ipp>
#endif
