// Looking for signs of life.
#pragma once

#include <string>
#include <utility>

#include <pando/link/heartbeat.hpp>

namespace pando {

PANDO_INLINE heartbeat::heartbeat(stream_connection& connection, std::chrono::milliseconds limit,
                                  heartbeat_user& user)
    : connection_(connection), limit_(limit), user_(user), seen_(connection.signs_of_life()),
      watch_(connection.executor(), *this) {
  watch_.watch(std::chrono::steady_clock::now() + limit_ / 4);
}

/// Looks whether anything has come.
PANDO_INLINE heartbeat::time_point heartbeat::expire(time_point now) {
  constexpr int most = 3; // the fourth part is what may have passed before the first look
  auto const alive = connection_.weak_from_this().lock();
  auto const signs = connection_.signs_of_life();
  silent_ = signs == seen_ ? silent_ + 1 : 0;
  seen_ = signs;
  if (silent_ >= most) {
    connection_.close("it has said nothing for " + std::to_string(limit_.count()) + " ms");
    return (time_point::max)(); // this may be gone
  }
  if (silent_ != 0) user_.ask_for_life();
  return now + limit_ / 4;
}

} // namespace pando
