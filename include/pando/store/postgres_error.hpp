// What goes wrong with PostgreSQL: one exception, which says what happened to the statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/store/detail/libpq.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::postgres {

/// Where it went wrong.
enum class fault : std::uint8_t {
  statement,    ///< the server refused a statement; `sqlstate()` says why
  refused,      ///< the server refuses connections: password, user, database
  unavailable,  ///< there is no connection, and none could be made in time
  overloaded,   ///< more wait than may, or longer than they may
  timed_out,    ///< the server did not answer in time; the connection was given up
  disconnected, ///< the connection ended before the answer
  cancelled,    ///< whoever waited does no longer
  closed,       ///< the pool or the listener is closed
  unusable,     ///< a value cannot be read as that type, or there is no such row or column
};

/// What the server said of it; empty where it said nothing.
struct server_report {
  std::string sqlstate{}; ///< five characters, such as "23505"
  std::string severity{}; ///< ERROR, FATAL or PANIC, never translated
  std::string message{};
  std::string detail{};
  std::string hint{};
  std::string constraint{};
  std::optional<std::size_t> statement{}; ///< of a transaction: which, from 0; none: its COMMIT
};

/// Any error of this floor. `what()` is a sentence with all that the server said, and with what to
/// do where that is known.
class error : public std::runtime_error {
 public:
  /// `may_have_run`: see `is_outcome_unknown`.
  error(fault kind, std::string const& what, bool may_have_run = false, server_report report = {})
      : std::runtime_error(what), report_(std::move(report)), kind_(kind),
        may_have_run_(may_have_run) {}

  fault kind() const noexcept { return kind_; }
  /// True: it was sent and nothing is known of it since, it may have been executed. False: nothing
  /// of it has happened, neither the statement nor any other of its transaction.
  bool is_outcome_unknown() const noexcept { return may_have_run_; }
  /// Nothing of it has happened, and the same again may go well: after a serialization failure or a
  /// deadlock, or when the server could not be reached or the pool was full.
  bool is_retryable() const noexcept;
  /// A serialization failure (40001) or a deadlock (40P01): another transaction stood in the way.
  bool is_conflict() const noexcept;

  server_report const& report() const noexcept { return report_; }
  std::string_view sqlstate() const noexcept { return report_.sqlstate; }
  std::string_view severity() const noexcept { return report_.severity; }

 private:
  server_report report_;
  fault kind_;
  bool may_have_run_;
};

namespace detail {

/// What the server says of a statement. Gives its report and the sentence.
server_report report_of(::pg_result const* said);
std::string sentence_of(server_report const& report);
/// What to do about an SQLSTATE, or nothing.
std::string_view advice_of(std::string_view sqlstate) noexcept;
/// What libpq says of a connection that could not be made.
error connect_error(std::string_view said);

} // namespace detail
} // namespace pando::postgres

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_error.ipp>
#endif
#endif
