// Receiving: each answer to whom it belongs, and what an error means for those behind it.
#pragma once

#include <pando/store/detail/postgres_connection.hpp>

#if PANDO_HAS_POSTGRES

#include <pando/store/detail/libpq_fe.hpp>

namespace pando::postgres::detail {

PANDO_INLINE void postgres_connection::read() {
  descriptor_.async_wait(boost::asio::posix::stream_descriptor::wait_read,
                         [self = shared_from_this()](boost::system::error_code const&) {
                           if (self->phase_ == phase::open) self->readable();
                         });
}

PANDO_INLINE void postgres_connection::readable() {
  bool const is_lost = ::PQconsumeInput(connection_.get()) == 0;
  std::string const why = is_lost ? ::PQerrorMessage(connection_.get()) : "";
  drain(); // what came before the end counts
  if (phase_ != phase::open) return;
  if (is_lost || ::PQstatus(connection_.get()) == ::CONNECTION_BAD)
    return fail(lost(is_lost ? why : ::PQerrorMessage(connection_.get())));
  read();
}

PANDO_INLINE void postgres_connection::drain() {
  auto const before = in_flight();
  int ends = 0;
  while (phase_ == phase::open && !steps_.empty() && !fatal_ && !is_breaking_ &&
         ::PQisBusy(connection_.get()) == 0) {
    auto* const answer = ::PQgetResult(connection_.get());
    if (answer == nullptr) { // the end of a statement's answers
      if (++ends > 2 || ::PQstatus(connection_.get()) == ::CONNECTION_BAD) break;
      continue;
    }
    ends = 0;
    take(answer);
  }
  if (phase_ != phase::open) return;
  if (fatal_) break_soon(fatal_->what());
  if (is_breaking_) return;
  take_notifications();
  if (rollbacks_ == 0 && !again_.empty())
    for (auto& one : std::exchange(again_, {}))
      if (!one->is_over()) send(std::move(one));
  if (phase_ == phase::open && in_flight() < before) user_->answered(*this);
}

/// Every statement has one answer, and every sync one.
PANDO_INLINE void postgres_connection::take(::pg_result* answer) {
  std::unique_ptr<::pg_result, void (*)(::pg_result*)> owned(answer, ::PQclear);
  auto const status = ::PQresultStatus(answer);
  auto& next = steps_.front();
  bool const is_sync = status == ::PGRES_PIPELINE_SYNC;
  if (is_sync != (next.kind == step_kind::sync)) {
    // A server that ends says so in place of whatever is due. What is no transaction by itself is
    // committed by the sync, and may be refused there; then the sync follows.
    if (status == ::PGRES_FATAL_ERROR && next.unit != nullptr) return take_refusal(next, answer);
    if (status == ::PGRES_FATAL_ERROR && take_farewell(answer)) return;
    return break_soon("its answers do not fit what was asked");
  }
  if (is_sync) {
    auto one = std::move(next);
    steps_.pop_front();
    return take_sync(std::move(one));
  }
  auto one = std::move(next);
  steps_.pop_front();
  switch (status) {
  case ::PGRES_PIPELINE_ABORTED: return; // the error came before
  case ::PGRES_TUPLES_OK:
  case ::PGRES_COMMAND_OK:
  case ::PGRES_EMPTY_QUERY:
    if (one.kind == step_kind::begin) one.unit->is_open = true;
    if (one.kind == step_kind::commit) one.unit->is_open = false;
    if (one.kind == step_kind::statement) take_statement(one, owned.release());
    return;
  case ::PGRES_FATAL_ERROR: return take_refusal(one, answer);
  default: return break_soon("COPY is not done over this connection");
  }
}

PANDO_INLINE void postgres_connection::take_statement(step& one, ::pg_result* answer) {
  std::shared_ptr<::pg_result> kept(answer, ::PQclear);
  std::string_view const tag = ::PQcmdStatus(answer);
  if (tag == "BEGIN" || tag == "START TRANSACTION") { // with the connection it ends
    constexpr auto why = "a statement began a transaction, which others on its connection would be "
                         "drawn into; use transaction()";
    one.unit->failed.emplace(fault::statement, std::string("postgres: ") + why);
    return break_soon(why);
  }
  one.unit->results[one.index] = result(std::move(kept));
}

/// Whether it says why the connection ends, which is kept.
PANDO_INLINE bool postgres_connection::take_farewell(::pg_result* answer) {
  auto report = report_of(answer);
  if (report.severity != "FATAL" && report.severity != "PANIC" && !report.sqlstate.empty())
    return false;
  auto const sentence = "postgres: the connection ended: " + report.message;
  fatal_.emplace(fault::disconnected, sentence, false, std::move(report));
  return true;
}

PANDO_INLINE void postgres_connection::take_refusal(step& one, ::pg_result* answer) {
  if (take_farewell(answer)) return;
  auto report = report_of(answer);
  if (one.kind == step_kind::prepare) {
    plans_.erase(one.prepared->key); // the next one to want it tries again
    one.prepared->failed.emplace(fault::statement, sentence_of(report), false, report);
    return;
  }
  if (one.kind == step_kind::commit) one.unit->is_open = false;
  if (one.unit == nullptr || one.unit->failed) return;
  auto& unit = *one.unit;
  char const* const place = ::PQresultErrorField(answer, PG_DIAG_SOURCE_FUNCTION);
  bool const is_unknown = report.sqlstate == "26000";
  bool const is_stale = report.sqlstate == "0A000" && place != nullptr &&
                        std::string_view(place) == "RevalidateCachedQuery";
  if (one.kind == step_kind::statement) report.statement = one.index;
  if (one.prepared != nullptr && is_unknown && one.prepared->failed) {
    auto why = one.prepared->failed->report();
    why.statement = report.statement;
    // Prepared in the midst of another's transaction that had failed: nobody's fault either.
    unit.needs_other_plan = why.sqlstate == "25P02";
    unit.failed.emplace(fault::statement, one.prepared->failed->what(), false, std::move(why));
    return;
  }
  if (one.prepared != nullptr && (is_unknown || is_stale)) {
    if (auto const at = plans_.find(one.prepared->key);
        at != plans_.end() && at->second == one.prepared)
      plans_.erase(at);
    unit.needs_other_plan = true;
  }
  auto const sentence = sentence_of(report);
  unit.failed.emplace(fault::statement, sentence, false, std::move(report));
}

/// Behind a transaction that failed the server refuses all there is until the ROLLBACK; that is
/// nobody's fault, and nothing of it was executed.
PANDO_INLINE bool postgres_connection::is_to_go_again(postgres_unit const& unit) const {
  if (!unit.failed || unit.is_over()) return false;
  if (rollbacks_ != 0 && unit.failed->sqlstate() == "25P02") return true;
  return unit.needs_other_plan && !unit.has_other_plan;
}

PANDO_INLINE void postgres_connection::take_sync(step one) {
  if (one.is_rollback_sync) --rollbacks_;
  if (one.unit == nullptr) return;
  was_useful_ = true;
  in_flight_.pop_front();
  auto& unit = *one.unit;
  bool const goes_again = is_to_go_again(unit);
  if (unit.is_open) {
    ++rollbacks_;
    if (!write_plain("ROLLBACK", {.kind = step_kind::rollback}) ||
        !write_sync({.kind = step_kind::sync, .is_rollback_sync = true}) || !flush())
      break_soon(::PQerrorMessage(connection_.get()));
  }
  if (!goes_again) return unit.end();
  bool const had_its_turn = unit.needs_other_plan && unit.failed->sqlstate() != "25P02";
  unit.has_other_plan = unit.has_other_plan || had_its_turn;
  unit.was_sent = false;
  again_.push_back(std::move(one.unit));
}

PANDO_INLINE void postgres_connection::take_notifications() {
  for (;;) {
    std::unique_ptr<::PGnotify, void (*)(::PGnotify*)> const one(
        ::PQnotifies(connection_.get()), [](::PGnotify* which) { ::PQfreemem(which); });
    if (one == nullptr || user_ == nullptr) return;
    user_->notified(one->relname, one->extra, one->be_pid);
    if (phase_ != phase::open) return;
  }
}

} // namespace pando::postgres::detail

#endif
