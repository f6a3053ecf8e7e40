// What a listener of PostgreSQL's notifications tells.
#pragma once

#include <cstdint>
#include <string>

#include <pando/store/detail/libpq.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

/// What a listener tells.
struct notification {
  enum class kind : std::uint8_t {
    message, ///< somebody sent NOTIFY
    began,   ///< every channel is listened to from now on; what was sent before may have been lost
    lost,    ///< more came than are kept: some are gone, look for yourself
  };
  kind what = kind::message;
  std::string channel{};
  std::string payload{};
  int from = 0; ///< the server's process that sent it
};

} // namespace pando::postgres

#endif
