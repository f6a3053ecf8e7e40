// A prepared statement: parameters by position, rows as views, reset by leaving the scope.
#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/store/sqlite_error.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite {

namespace detail {
struct connection;
struct prepared;
} // namespace detail

/// A statement of a database, taken from those it keeps and given back at the end.
/// *Thread*: its database's. It must end before its database. *Throws*: `sqlite::error`.
class statement {
 public:
  statement(statement&& other) noexcept
      : home_(other.home_), what_(std::exchange(other.what_, nullptr)), stands_(other.stands_) {}
  statement& operator=(statement&&) = delete;
  ~statement() { give_back(); }

  /// Parameters, from 1. A text or blob is not copied: it must live until the statement is bound
  /// anew, reset or gone. One that is not bound is null.
  template <std::integral Integer>
  statement& bind(int at, Integer value) {
    auto const signed_value = static_cast<std::int64_t>(value);
    if (std::unsigned_integral<Integer> && signed_value < 0) refuse_integer(at);
    return bind_integer(at, signed_value);
  }
  template <std::floating_point Real>
  statement& bind(int at, Real value) {
    return bind_real(at, static_cast<double>(value));
  }
  statement& bind(int at, std::string_view text);
  statement& bind(int at, std::span<std::byte const> blob);
  statement& bind(int at, std::nullptr_t);
  /// Null where there is none.
  template <class Value>
  statement& bind(int at, std::optional<Value> const& value) {
    return value ? bind(at, *value) : bind(at, nullptr);
  }
  /// A text that dies before the statement is run.
  template <std::same_as<std::string> Text>
  statement& bind(int at, Text&& text) = delete;
  /// Takes a copy of the text.
  statement& bind_copy(int at, std::string_view text);

  /// Goes to the next row. Gives whether there is one.
  bool step();
  /// Runs to the end, whatever rows there are. Gives how many rows it changed.
  std::int64_t run();
  /// As if it had not run; parameters stay bound.
  void reset() noexcept;

  /// Columns of the row, from 0. Views hold until the next `step`, `reset` or the end.
  /// *Throws*: `unusable` where the value is of another type (a null too) or there is no such
  /// column; `real` takes integers.
  std::int64_t integer(int column) const;
  double real(int column) const;
  std::string_view text(int column) const;
  std::span<std::byte const> blob(int column) const;
  bool is_null(int column) const;
  int columns() const noexcept;
  /// Its name, as the statement gives it.
  std::string_view name(int column) const;

  /// SQLite's own, for what this layer has not.
  ::sqlite3_stmt* handle() const noexcept;

 private:
  friend class database;
  statement(detail::connection& home, detail::prepared& what) noexcept
      : home_(&home), what_(&what) {}
  statement& bind_integer(int at, std::int64_t value);
  statement& bind_real(int at, double value);
  [[noreturn]] void refuse_integer(int at) const;
  void ready();
  statement& bound(int code);
  void expect(int column, int type) const;
  void give_back() noexcept;

  detail::connection* home_;
  detail::prepared* what_;
  bool stands_ = false; ///< at a row, or at the end
};

} // namespace pando::sqlite

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/sqlite_statement.ipp>
#endif
#endif
