// What goes wrong with SQLite: one exception, with what to do where that is known.
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include <pando/config.hpp>
#include <pando/store/detail/sqlite.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite {

/// Where it went wrong.
enum class fault : std::uint8_t {
  statement,      ///< SQLite refused a statement: its text, or what it does
  constraint,     ///< a constraint of the tables
  busy,           ///< another connection or process held a lock for too long
  full,           ///< the disk (or the quota) is full
  io,             ///< the disk failed
  corrupt,        ///< the file is damaged
  read_only,      ///< the file, or this connection, takes no writes
  not_a_database, ///< the file is something else
  cannot_open,    ///< no such folder, no permission, a network's file system
  unusable,       ///< a value cannot be read or bound as that type, or there is no such place
  overloaded,     ///< as many jobs wait for the worker as may
  closed,         ///< the worker is stopped
};

/// Any error of this floor. `what()` is a sentence with all that SQLite said.
class error : public std::runtime_error {
 public:
  /// `code`: SQLite's extended result code, 0 where it is no error of SQLite's.
  error(fault kind, std::string const& what, int code = 0, bool may_be_stored = false)
      : std::runtime_error(what), code_(code), kind_(kind), may_be_stored_(may_be_stored) {}

  fault kind() const noexcept { return kind_; }
  /// SQLite's extended result code, such as SQLITE_BUSY_SNAPSHOT.
  int code() const noexcept { return code_; }
  /// Nothing of it is stored, and the same again may go well: locked, or too many wait.
  bool is_retryable() const noexcept { return kind_ == fault::busy || kind_ == fault::overloaded; }
  /// The disk failed in a COMMIT. Nobody sees its writes, and the next commit goes over them; but
  /// where this machine or every process of the file ends before that, SQLite may find them whole
  /// in its log, and then they are stored.
  bool is_outcome_unknown() const noexcept { return may_be_stored_; }

 private:
  int code_;
  fault kind_;
  bool may_be_stored_;
};

namespace detail {

/// Which fault an extended result code is.
fault fault_of(int code) noexcept;
/// What to do about it, or nothing.
std::string_view advice_of(int code) noexcept;
/// What SQLite says of the last call of a connection (null: of the code alone), with the text of
/// the statement or the file's name.
error error_of(::sqlite3* connection, int code, std::string_view about);
[[noreturn]] void raise(::sqlite3* connection, int code, std::string_view about);

/// A statement has rolled back the transaction that it was in, which is that of every job of a
/// batch. Whoever throws it leaves the statement out the next time: the batch goes again.
class undone : public error {
 public:
  using error::error;
};

} // namespace detail
} // namespace pando::sqlite

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/sqlite_error.ipp>
#endif
#endif
