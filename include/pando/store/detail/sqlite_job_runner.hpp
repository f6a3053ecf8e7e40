// A connection that runs jobs: a batch in one transaction, each job undone alone.
#pragma once

#include <exception>
#include <string_view>
#include <utility>

#include <pando/config.hpp>
#include <pando/store/detail/sqlite_queue.hpp>
#include <pando/store/sqlite_database.hpp>

#if PANDO_HAS_SQLITE

namespace pando::sqlite::detail {

/// *Thread*: one at a time.
class job_runner {
 public:
  explicit job_runner(database in) : in_(std::move(in)) {}

  /// All in one transaction, committed when this returns. A job that has a fault then has stored
  /// nothing: its own, or what ended the transaction. Where one of them ends in `undone` all of
  /// them go again, each in a transaction of its own.
  void run(jobs const& batch, bool writes);

 private:
  statement apart(std::string_view text) { return in_.prepare_apart(text); }
  bool run_together(jobs const& batch, bool writes);
  void run_one(job& one, bool is_alone);
  void call(job& one);
  void expect_no_loose_keys() const;
  void undo() noexcept;

  database in_;
  statement begin_ = apart("BEGIN IMMEDIATE");
  statement begin_to_read_ = apart("BEGIN");
  statement commit_ = apart("COMMIT");
  statement rollback_ = apart("ROLLBACK");
  statement savepoint_ = apart("SAVEPOINT pando_job");
  statement back_ = apart("ROLLBACK TO pando_job");
  statement release_ = apart("RELEASE pando_job");
};

} // namespace pando::sqlite::detail

#endif
