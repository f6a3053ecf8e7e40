// Finding out that the other side of a connection is dead although nobody closed it.
#pragma once

#include <chrono>
#include <cstdint>

#include <pando/config.hpp>
#include <pando/link/deadline_watch.hpp>
#include <pando/link/stream_connection.hpp>

namespace pando {

/// Asks the other side of its connection for a sign of life.
class heartbeat_user {
 public:
  virtual void ask_for_life() = 0;

 protected:
  ~heartbeat_user() = default;
};

/// Looks four times in a limit whether anything has come; a silent side is asked, and its
/// connection closed when it does not answer either. *Thread*: the connection's.
class heartbeat final : private deadline_user {
 public:
  /// Destroyed before the connection is, or by its end.
  heartbeat(stream_connection& connection, std::chrono::milliseconds limit, heartbeat_user& user);

 private:
  PANDO_INLINE time_point expire(time_point now) override;

  stream_connection& connection_;
  std::chrono::milliseconds const limit_;
  heartbeat_user& user_;
  std::uint64_t seen_ = 0;
  int silent_ = 0; ///< how often nothing had come
  deadline_watch watch_;
};

} // namespace pando

#ifdef PANDO_HEADER_ONLY
#include <pando/link/impl/heartbeat.ipp>
#endif
