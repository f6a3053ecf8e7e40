// PostgreSQL: pools, statements, transactions, notifications, the storage of a fleet. An umbrella.
// A program that does not link pando::postgres is told so; with PANDO_EMPTY_WITHOUT_ENGINE, it is
// empty there.
#pragma once

#include <pando/store/postgres_error.hpp>
#include <pando/store/postgres_listener.hpp>
#include <pando/store/postgres_notification.hpp>
#include <pando/store/postgres_options.hpp>
#include <pando/store/postgres_pool.hpp>
#include <pando/store/postgres_result.hpp>
#include <pando/store/postgres_statement.hpp>
#include <pando/store/postgres_storage.hpp>

#if !PANDO_HAS_POSTGRES && !defined(PANDO_EMPTY_WITHOUT_ENGINE)
#error "pando: <pando/postgres.hpp> needs libpq: link pando::postgres (PANDO_WITH_POSTGRES=1)"
#endif
