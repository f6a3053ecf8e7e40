// PostgreSQL: pools, statements, transactions, notifications, the storage of a fleet. An umbrella;
// empty in a program that does not link pando::postgres.
#pragma once

#include <pando/store/postgres_error.hpp>
#include <pando/store/postgres_listener.hpp>
#include <pando/store/postgres_notification.hpp>
#include <pando/store/postgres_options.hpp>
#include <pando/store/postgres_pool.hpp>
#include <pando/store/postgres_result.hpp>
#include <pando/store/postgres_statement.hpp>
#include <pando/store/postgres_storage.hpp>
