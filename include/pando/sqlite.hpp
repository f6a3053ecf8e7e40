// SQLite: databases, statements, transactions, the worker that keeps them off the network's
// threads, and the storage of a fleet in a file. An umbrella. A program that does not link
// pando::sqlite is told so; with PANDO_EMPTY_WITHOUT_ENGINE, it is empty there.
#pragma once

#include <pando/store/sqlite_database.hpp>
#include <pando/store/sqlite_error.hpp>
#include <pando/store/sqlite_options.hpp>
#include <pando/store/sqlite_statement.hpp>
#include <pando/store/sqlite_storage.hpp>
#include <pando/store/sqlite_transaction.hpp>
#include <pando/store/sqlite_worker.hpp>

#if !PANDO_HAS_SQLITE && !defined(PANDO_EMPTY_WITHOUT_ENGINE)
#error "pando: <pando/sqlite.hpp> needs SQLite: link pando::sqlite (PANDO_WITH_SQLITE=1)"
#endif
