// A SQLite database, opened so that what is committed is on the disk.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/store/sqlite_error.hpp>
#include <pando/store/sqlite_options.hpp>
#include <pando/store/sqlite_statement.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite {

namespace detail {
class job_runner;
} // namespace detail

/// One connection to a database file: with a write-ahead log (WAL), synchronous=FULL and foreign
/// keys. Texts in double quotes are names, never values.
/// *Thread*: any, one at a time; calls block. *Throws*: `sqlite::error`.
class database {
 public:
  /// Opens the file, which is made if it is not there, or `in_memory`.
  /// *Throws*: `cannot_open` (no such folder, a network's file system: the log does not work
  /// there), `not_a_database`, `corrupt`, `busy`, `read_only`.
  explicit database(std::string path, database_options options = {});
  database(database&&) noexcept;
  database& operator=(database&&) noexcept;
  /// Closes it; the last connection writes the log back into the file.
  ~database();

  /// A statement; it is prepared once and kept, by its text. Within the use of one with the same
  /// text: another.
  statement prepare(std::string_view text);
  /// Binds the values by position, runs to the end. Gives how many rows it changed.
  template <class... Values>
  std::int64_t run(std::string_view text, Values const&... values) {
    auto one = prepare(text);
    int at = 0;
    (one.bind(++at, values), ...);
    return one.run();
  }
  /// Runs one statement after another, which are not kept: tables, pragmas. Rows are ignored.
  void execute(std::string_view script);

  std::int64_t last_row_id() const noexcept;
  /// Whether a transaction is open, or a savepoint.
  bool is_in_transaction() const noexcept;
  std::string const& path() const noexcept;
  database_options const& options() const noexcept;

  /// SQLite's own, for what this layer has not.
  ::sqlite3* handle() const noexcept;
  /// The connection itself, for the parts of this library.
  detail::connection& connection() const noexcept { return *parts_; }

 private:
  friend class detail::job_runner;
  /// Prepared, and ended after its use.
  statement prepare_apart(std::string_view text);
  void set_in_job(bool is) noexcept;

  std::unique_ptr<detail::connection> parts_;
};

} // namespace pando::sqlite

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/sqlite_database.ipp>
#endif
#endif
