// The storage of one machine: a SQLite file that several processes share.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include <pando/config.hpp>
#include <pando/store/detail/sqlite.hpp>
#include <pando/store/sqlite_options.hpp>
#include <pando/store/storage.hpp>

#if PANDO_HAS_SQLITE

namespace pando::store {

/// How the storage's file is used.
struct sqlite_storage_options {
  sqlite::database_options database{};
  /// How often it is looked whether another process has written, which costs some microseconds.
  std::chrono::milliseconds poll{20};
};

/// A handle on the storage in a file, which is made when it is opened first. It may hold other
/// tables: those of the storage are named `pando_…`. What was in flight on one machine is told to
/// have ended at once, where /proc can tell: by processes that are gone, or before a restart.
///
/// Operations of many coroutines share commits. Ending it without `close` is as if the process had
/// been killed, but that its leases last until their time is over. It must end before the executor.
///
/// *Limit*: ids of messages are below 2^63. Processes in different time namespaces of the kernel
/// do not have the same clock of leases: do not let such share a file.
PANDO_LAZY std::unique_ptr<storage> make_sqlite_storage(std::string path,
                                                        sqlite_storage_options options = {});

} // namespace pando::store

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/sqlite_storage.ipp>
#endif
#endif
