// Transactions and savepoints that undo themselves unless they are told to stay.
#pragma once

#include <pando/config.hpp>
#include <pando/store/sqlite_database.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite {

/// BEGIN IMMEDIATE: the one who writes, from the start, so that nothing read in it is old when it
/// writes. Undone at the end of the scope unless committed. Not in a job of a `worker`, which has
/// one already. *Thread*: its database's, before which it ends. *Throws*: `sqlite::error`.
class transaction {
 public:
  /// Waits for other writers, `busy_timeout` at most. *Throws*: `busy`.
  explicit transaction(database& in);
  transaction(transaction const&) = delete;
  ~transaction();

  /// Returns when it is stored. *Throws*: then it is undone; see `error::is_outcome_unknown`.
  void commit();

 private:
  database* in_;
};

/// A part of a transaction, undone at the end of the scope unless kept; what was before it stays.
/// They nest; the one made last ends first.
class savepoint {
 public:
  explicit savepoint(database& in);
  savepoint(savepoint const&) = delete;
  ~savepoint();

  /// It is now part of what is around it.
  void keep();

 private:
  database* in_;
};

} // namespace pando::sqlite

#ifdef PANDO_HEADER_ONLY
#include <pando/store/impl/sqlite_transaction.ipp>
#endif
#endif
