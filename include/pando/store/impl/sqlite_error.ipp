// What SQLite said, in one sentence, and what to do about it.
#pragma once

#include <pando/store/sqlite_error.hpp>

#if PANDO_HAS_SQLITE

#include <sqlite3.h>

namespace pando::sqlite::detail {

PANDO_INLINE fault fault_of(int code) noexcept {
  if (code == SQLITE_IOERR_NOMEM) return fault::statement;
  switch (code & 0xff) {
  case SQLITE_CONSTRAINT: return fault::constraint;
  case SQLITE_BUSY:
  case SQLITE_LOCKED: return fault::busy;
  case SQLITE_FULL: return fault::full;
  case SQLITE_IOERR: return fault::io;
  case SQLITE_CORRUPT: return fault::corrupt;
  case SQLITE_READONLY: return fault::read_only;
  case SQLITE_NOTADB: return fault::not_a_database;
  case SQLITE_CANTOPEN:
  case SQLITE_PERM: return fault::cannot_open;
  case SQLITE_MISMATCH:
  case SQLITE_RANGE:
  case SQLITE_TOOBIG: return fault::unusable;
  default: return fault::statement;
  }
}

PANDO_INLINE std::string_view advice_of(int code) noexcept {
  switch (code) {
  case SQLITE_BUSY_SNAPSHOT:
    return "begin with BEGIN IMMEDIATE (sqlite::transaction) what reads first and then writes";
  case SQLITE_READONLY_DIRECTORY:
  case SQLITE_CANTOPEN_DIRTYWAL:
    return "let this user write to the folder too: the files -wal and -shm lie beside the file";
  case SQLITE_IOERR_SHMOPEN:
  case SQLITE_IOERR_SHMMAP:
  case SQLITE_IOERR_SHMSIZE:
    return "the log needs shared memory of a local disk: look at the folder and its free space";
  default: break;
  }
  switch (code & 0xff) {
  case SQLITE_BUSY:
    return "another process or connection held the lock for longer than busy_timeout: make its "
           "transactions shorter, or the time longer";
  case SQLITE_FULL: return "make room on the disk; nothing of this transaction is stored";
  case SQLITE_IOERR: return "look at the disk, and into the kernel's log";
  case SQLITE_CORRUPT:
    return "stop, keep a copy, and restore a backup or try `sqlite3 FILE .recover`";
  case SQLITE_READONLY:
    return "let this user write to the file and its folder, and write in no job that reads";
  case SQLITE_NOTADB: return "look at the path: the file there is no SQLite database, or encrypted";
  case SQLITE_CANTOPEN: return "look at the path and its permissions, and at open files (ulimit)";
  case SQLITE_AUTH:
    return "a job does not begin or end transactions, its worker does: use sqlite::savepoint; a "
           "handler's statements do not begin or end savepoints either, nor attach files";
  case SQLITE_INTERRUPT:
    return "it took longer than others wait for the file (busy_timeout): write less at a time";
  default: return {};
  }
}

PANDO_INLINE error error_of(::sqlite3* connection, int code, std::string_view about) {
  std::string all = "sqlite: ";
  bool const is_its_own = connection != nullptr && ::sqlite3_extended_errcode(connection) == code;
  all += is_its_own ? ::sqlite3_errmsg(connection) : ::sqlite3_errstr(code);
  all += " (code " + std::to_string(code) + ")";
  if (!about.empty()) {
    constexpr std::size_t longest = 200;
    all.append(" in: ").append(about.substr(0, longest));
    if (about.size() > longest) all += "…";
  }
  if (auto const advice = advice_of(code); !advice.empty()) all.append("; ").append(advice);
  return error(fault_of(code), all, code);
}

PANDO_INLINE void raise(::sqlite3* connection, int code, std::string_view about) {
  throw error_of(connection, code, about);
}

} // namespace pando::sqlite::detail

#endif
