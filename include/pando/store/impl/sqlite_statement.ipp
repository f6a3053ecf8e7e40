// Binding, stepping and reading, over SQLite's own functions.
#pragma once

#include <pando/store/sqlite_statement.hpp>

#if PANDO_HAS_SQLITE

#include <sqlite3.h>

#include <pando/store/detail/sqlite_connection.hpp>

namespace pando::sqlite {

PANDO_INLINE ::sqlite3_stmt* statement::handle() const noexcept { return what_->handle; }

PANDO_INLINE void statement::ready() {
  if (stands_) reset();
}

PANDO_INLINE statement& statement::bound(int code) {
  if (code != SQLITE_OK) detail::raise(home_->handle, code, what_->text);
  return *this;
}

PANDO_INLINE statement& statement::bind_integer(int at, std::int64_t value) {
  ready();
  return bound(::sqlite3_bind_int64(what_->handle, at, value));
}

PANDO_INLINE statement& statement::bind_real(int at, double value) {
  ready();
  return bound(::sqlite3_bind_double(what_->handle, at, value));
}

PANDO_INLINE statement& statement::bind(int at, std::string_view text) {
  ready();
  char const* const data = text.data() == nullptr ? "" : text.data(); // null would be NULL
  return bound(::sqlite3_bind_text64(what_->handle, at, data, text.size(), nullptr, SQLITE_UTF8));
}

PANDO_INLINE statement& statement::bind(int at, std::span<std::byte const> blob) {
  ready();
  if (blob.empty()) return bound(::sqlite3_bind_zeroblob(what_->handle, at, 0));
  return bound(::sqlite3_bind_blob64(what_->handle, at, blob.data(), blob.size(), nullptr));
}

PANDO_INLINE statement& statement::bind(int at, std::nullptr_t) {
  ready();
  return bound(::sqlite3_bind_null(what_->handle, at));
}

PANDO_INLINE statement& statement::bind_copy(int at, std::string_view text) {
  ready();
  // SQLITE_TRANSIENT, which is written as a cast that compilers warn of.
  auto const copied = reinterpret_cast<::sqlite3_destructor_type>(std::intptr_t(-1));
  char const* const data = text.data() == nullptr ? "" : text.data();
  return bound(::sqlite3_bind_text64(what_->handle, at, data, text.size(), copied, SQLITE_UTF8));
}

PANDO_INLINE void statement::refuse_integer(int at) const {
  throw error(fault::unusable, "sqlite: parameter " + std::to_string(at) +
                                   " is above 2^63-1, more than SQLite's integers hold, in: " +
                                   what_->text);
}

PANDO_INLINE bool statement::step() {
  stands_ = true;
  int const code = ::sqlite3_step(what_->handle);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  auto const said = detail::error_of(home_->handle, code, what_->text);
  reset();
  throw said;
}

PANDO_INLINE std::int64_t statement::run() {
  auto const before = ::sqlite3_total_changes64(home_->handle);
  ready();
  while (step()) {}
  reset();
  auto const after = ::sqlite3_total_changes64(home_->handle);
  return after == before ? 0 : ::sqlite3_changes64(home_->handle);
}

PANDO_INLINE void statement::reset() noexcept {
  stands_ = false;
  ::sqlite3_reset(what_->handle);
}

PANDO_INLINE void statement::expect(int column, int type) const {
  int const found = ::sqlite3_column_type(what_->handle, column);
  bool const is_there = column >= 0 && column < ::sqlite3_data_count(what_->handle);
  if (is_there && (found == type || (type == SQLITE_FLOAT && found == SQLITE_INTEGER))) return;
  static constexpr char const* names[] = {"?", "an integer", "a real", "a text", "a blob", "null"};
  std::string all = "sqlite: column " + std::to_string(column);
  if (is_there)
    all.append(" is ").append(names[found]).append(", not ").append(names[type]);
  else
    all += " is not there, or there is no row";
  throw error(fault::unusable, all + ", in: " + what_->text);
}

PANDO_INLINE std::int64_t statement::integer(int column) const {
  expect(column, SQLITE_INTEGER);
  return ::sqlite3_column_int64(what_->handle, column);
}

PANDO_INLINE double statement::real(int column) const {
  expect(column, SQLITE_FLOAT);
  return ::sqlite3_column_double(what_->handle, column);
}

PANDO_INLINE std::string_view statement::text(int column) const {
  expect(column, SQLITE_TEXT);
  auto const* const data = ::sqlite3_column_text(what_->handle, column);
  if (data == nullptr) detail::raise(home_->handle, SQLITE_NOMEM, what_->text);
  auto const size = ::sqlite3_column_bytes(what_->handle, column);
  return {reinterpret_cast<char const*>(data), static_cast<std::size_t>(size)};
}

PANDO_INLINE std::span<std::byte const> statement::blob(int column) const {
  expect(column, SQLITE_BLOB);
  auto const* const data = ::sqlite3_column_blob(what_->handle, column);
  auto const size = ::sqlite3_column_bytes(what_->handle, column);
  return {static_cast<std::byte const*>(data), static_cast<std::size_t>(size)};
}

PANDO_INLINE bool statement::is_null(int column) const {
  if (column < 0 || column >= ::sqlite3_data_count(what_->handle)) expect(column, SQLITE_NULL);
  return ::sqlite3_column_type(what_->handle, column) == SQLITE_NULL;
}

PANDO_INLINE int statement::columns() const noexcept {
  return ::sqlite3_column_count(what_->handle);
}

PANDO_INLINE std::string_view statement::name(int column) const {
  char const* const found = ::sqlite3_column_name(what_->handle, column);
  return found == nullptr ? std::string_view() : std::string_view(found);
}

PANDO_INLINE void statement::give_back() noexcept {
  if (what_ != nullptr) home_->give_back(*what_);
}

} // namespace pando::sqlite

#endif
