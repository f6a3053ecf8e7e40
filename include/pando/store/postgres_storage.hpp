// The storage of a fleet in PostgreSQL: many machines, one database.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include <pando/config.hpp>
#include <pando/store/detail/libpq.hpp>
#include <pando/store/storage.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store {

/// Where the database is, and how long it may take.
struct postgres_storage_options {
  /// As libpq takes it: see `postgres::options::connection`. It may lead to a pooler that gives a
  /// connection for one transaction only.
  std::string connection{};
  /// For wake-ups, where `connection` leads to such a pooler, behind which nobody can LISTEN:
  /// straight to the server. Empty: as `connection`.
  std::string listen_connection{};
  /// Where the tables are, made if it is missing. Empty: as the search_path has it.
  std::string schema{};
  /// For messages, as they are needed; two more for all else, and one while somebody looks into it.
  std::size_t connections = 4;
  /// For a connection, and then for the answer. A renewal takes no longer than its lease, both
  /// together.
  std::chrono::milliseconds timeout = std::chrono::seconds(5);
  bool listens = true; ///< for wake-ups of others; without: polling alone
};

/// A handle on tables `pando_…`; names and keys are bytea in them, which psql shows readably after
/// `set bytea_output = 'escape'`. Writes of owners are fenced in the statement that writes.
/// Transactions that stood in each other's way are tried again. Wake-ups go by NOTIFY on the
/// channel `pando_wake`, after what they tell of is committed: one at a time, those that come
/// meanwhile as one; what a handle did itself it is not told. No session state, no advisory locks.
/// Ending it without `close` gives up what is in flight. *Throws* std::invalid_argument for a
/// connection string that cannot be read. *Thread*: that of whoever opens it, or a strand.
/// *Source*: PostgreSQL, "Explicit Locking", "Transaction Isolation".
PANDO_LAZY std::unique_ptr<storage> make_postgres_storage(postgres_storage_options chosen);

} // namespace pando::store

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/postgres_storage.ipp>
#endif
#endif
