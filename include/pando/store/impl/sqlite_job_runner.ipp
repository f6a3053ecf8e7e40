// One transaction for a batch of jobs, and what each of them is told.
#pragma once

#include <sqlite3.h>

#include <pando/store/detail/sqlite_job_runner.hpp>
#include <pando/store/sqlite_error.hpp>

namespace pando::sqlite::detail {

inline void fail_all(jobs const& batch, std::exception_ptr const& why) {
  for (auto const& one : batch)
    if (!one->fault) one->fault = why;
}

PANDO_INLINE void job_runner::run(jobs const& batch, bool writes) {
  if (run_together(batch, writes)) return;
  for (auto const& one : batch) {
    jobs const alone{one};
    do
      one->fault = nullptr;
    while (!run_together(alone, writes)); // each time without one statement more
  }
}

/// False: a statement has undone it, and nothing of it is stored.
PANDO_INLINE bool job_runner::run_together(jobs const& batch, bool writes) {
  bool is_committing = false;
  try {
    (writes ? begin_ : begin_to_read_).run();
    for (auto const& one : batch) run_one(*one, batch.size() == 1);
    is_committing = true;
    if (in_.is_in_transaction()) commit_.run();
  } catch (undone const&) {
    return false;
  } catch (error const& said) {
    bool const may_be_stored = is_committing && said.kind() == fault::io;
    fail_all(batch, std::make_exception_ptr(
                        error(said.kind(), said.what(), said.code(), may_be_stored)));
    undo();
  } catch (...) {
    fail_all(batch, std::current_exception());
    undo();
  }
  return true;
}

PANDO_INLINE void job_runner::run_one(job& one, bool is_alone) {
  if (!is_alone) savepoint_.run();
  try {
    call(one);
    expect_no_loose_keys();
  } catch (...) {
    one.fault = std::current_exception();
  }
  if (!in_.is_in_transaction()) { // SQLite has undone it: the disk is full, failed, or a statement
    try {
      if (one.fault) std::rethrow_exception(one.fault);
    } catch (error const&) {
      throw;
    } catch (...) { // the job's own way to say it
    }
    throw error(fault::io, "sqlite: the transaction was undone in the midst of a job");
  }
  if (is_alone && one.fault) rollback_.run();
  if (is_alone) return;
  if (one.fault) back_.run();
  release_.run();
}

PANDO_INLINE void job_runner::call(job& one) {
  struct scope {
    job_runner& self;
    bool only_reads;
    scope(job_runner& runner, bool reads) : self(runner), only_reads(reads) {
      if (only_reads) self.in_.execute("PRAGMA query_only=ON");
      self.in_.set_in_job(true);
    }
    ~scope() {
      self.in_.set_in_job(false);
      if (only_reads)
        ::sqlite3_exec(self.in_.handle(), "PRAGMA query_only=OFF", nullptr, nullptr, nullptr);
    }
  };
  scope const inside(*this, one.only_reads);
  one.run(in_);
}

/// Keys that are checked at the COMMIT would fail it for every job of the batch.
PANDO_INLINE void job_runner::expect_no_loose_keys() const {
  int loose = 0;
  int most = 0;
  ::sqlite3_db_status(in_.handle(), SQLITE_DBSTATUS_DEFERRED_FKS, &loose, &most, 0);
  if (loose != 0)
    throw error(fault::constraint, "sqlite: FOREIGN KEY constraint failed at the end of a job",
                SQLITE_CONSTRAINT_FOREIGNKEY);
}

PANDO_INLINE void job_runner::undo() noexcept {
  if (!in_.is_in_transaction()) return;
  try {
    rollback_.run();
  } catch (error const&) { // undone in memory all the same
  }
}

} // namespace pando::sqlite::detail
