// SQLite: databases, statements, transactions, the worker that keeps them off the network's
// threads, and the storage of a fleet in a file. An umbrella; empty in a program that does not link
// pando::sqlite.
#pragma once

#include <pando/store/sqlite_database.hpp>
#include <pando/store/sqlite_error.hpp>
#include <pando/store/sqlite_options.hpp>
#include <pando/store/sqlite_statement.hpp>
#include <pando/store/sqlite_storage.hpp>
#include <pando/store/sqlite_transaction.hpp>
#include <pando/store/sqlite_worker.hpp>
