// Beginning, committing and undoing.
#pragma once

#include <pando/store/sqlite_transaction.hpp>

#if PANDO_HAS_SQLITE

#include <utility>

namespace pando::sqlite {

PANDO_INLINE transaction::transaction(database& in) : in_(&in) { in.execute("BEGIN IMMEDIATE"); }

PANDO_INLINE transaction::~transaction() {
  if (in_ == nullptr || !in_->is_in_transaction()) return; // SQLite has undone it already
  try {
    in_->execute("ROLLBACK");
  } catch (error const&) { // undone in memory all the same
  }
}

PANDO_INLINE void transaction::commit() {
  try {
    in_->execute("COMMIT");
  } catch (error const& said) {
    bool const may_be_stored = said.kind() == fault::io;
    throw error(said.kind(), said.what(), said.code(), may_be_stored);
  }
  in_ = nullptr;
}

PANDO_INLINE savepoint::savepoint(database& in) : in_(&in) { in.run("SAVEPOINT pando_part"); }

PANDO_INLINE savepoint::~savepoint() {
  if (in_ == nullptr || !in_->is_in_transaction()) return;
  try {
    in_->run("ROLLBACK TO pando_part");
    in_->run("RELEASE pando_part");
  } catch (error const&) { // the transaction around it fails by itself
  }
}

PANDO_INLINE void savepoint::keep() {
  in_->run("RELEASE pando_part");
  in_ = nullptr;
}

} // namespace pando::sqlite

#endif
