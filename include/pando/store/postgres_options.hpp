// How a pool or a listener behaves.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>

#include <pando/store/detail/libpq.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

/// Every limit of a pool; a listener has the same of its one connection.
struct options {
  /// As libpq takes it: `postgres://user:password@host:port/database?sslmode=require`, several
  /// hosts, `host=/run/postgresql dbname=shop`; empty: PGHOST and its kin. Where the server itself
  /// is to end what takes too long: `options=-cstatement_timeout=10s`.
  std::string connection{};
  std::size_t max_connections = 4;  ///< opened as they are needed, and then kept
  std::size_t max_in_flight = 256;  ///< units (statements or transactions) on one connection
  std::size_t max_waiting = 4096;   ///< units that wait for a connection; further ones fail
  std::size_t max_prepared = 256;   ///< statements a connection keeps prepared; others are not
  std::chrono::milliseconds max_wait = std::chrono::seconds(30);      ///< for a connection
  std::chrono::milliseconds connect_timeout = std::chrono::seconds(5); ///< of one attempt
  std::chrono::milliseconds query_timeout = std::chrono::seconds(30); ///< from sent to answered
  std::chrono::milliseconds first_backoff{50}; ///< after a failed attempt; doubles, with jitter
  std::chrono::milliseconds last_backoff = std::chrono::seconds(5);
};

} // namespace pando::postgres

#endif
