// The database, over its connection.
#pragma once

#include <pando/store/sqlite_database.hpp>

#if PANDO_HAS_SQLITE

#include <sqlite3.h>

#include <pando/store/detail/sqlite_connection.hpp>
#include <pando/store/impl/sqlite_connection.ipp>

namespace pando::sqlite {

PANDO_INLINE database::database(std::string path, database_options options)
    : parts_(std::make_unique<detail::connection>()) {
  parts_->path = std::move(path);
  parts_->options = std::move(options);
  parts_->open();
}

PANDO_INLINE database::database(database&&) noexcept = default;
PANDO_INLINE database& database::operator=(database&&) noexcept = default;
PANDO_INLINE database::~database() = default;

PANDO_INLINE statement database::prepare(std::string_view text) {
  return statement(*parts_, parts_->take(text));
}

PANDO_INLINE statement database::prepare_apart(std::string_view text) {
  return statement(*parts_, parts_->make(text));
}

PANDO_INLINE void database::execute(std::string_view script) {
  std::string const text(script);
  int const code = ::sqlite3_exec(parts_->handle, text.c_str(), nullptr, nullptr, nullptr);
  if (code != SQLITE_OK) detail::raise(parts_->handle, code, script);
}

PANDO_INLINE std::int64_t database::last_row_id() const noexcept {
  return ::sqlite3_last_insert_rowid(parts_->handle);
}

PANDO_INLINE bool database::is_in_transaction() const noexcept {
  return ::sqlite3_get_autocommit(parts_->handle) == 0;
}

PANDO_INLINE std::string const& database::path() const noexcept { return parts_->path; }
PANDO_INLINE database_options const& database::options() const noexcept { return parts_->options; }
PANDO_INLINE ::sqlite3* database::handle() const noexcept { return parts_->handle; }
PANDO_INLINE void database::set_in_job(bool is) noexcept { parts_->is_in_job = is; }

} // namespace pando::sqlite

#endif
