// SQLite: databases, statements, transactions, and the worker that keeps them off the network's
// threads. An umbrella; empty in a program that does not link pando::sqlite.
#pragma once

#include <pando/store/sqlite_database.hpp>
#include <pando/store/sqlite_error.hpp>
#include <pando/store/sqlite_options.hpp>
#include <pando/store/sqlite_statement.hpp>
#include <pando/store/sqlite_transaction.hpp>
#include <pando/store/sqlite_worker.hpp>
