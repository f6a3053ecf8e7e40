// Answers with writes of their handlers: each in a transaction of its own, that happens if the
// answer is recorded by it.
#pragma once

#include <cstddef>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <boost/asio/co_spawn.hpp>

#include <pando/handler/one_shot.hpp>
#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>
#include <pando/store/detail/postgres_wave.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

inline constexpr char const* postgres_unrecorded = "pando: the answer is not recorded";

/// Fails where the message has no answer of this transaction. (The text is no constant, or the
/// server would convert it beforehand.)
inline constexpr char const* postgres_guard =
    "SELECT CASE WHEN count(*) = 1 THEN 1 ELSE ($2 || ' ' || count(*))::integer END "
    "FROM @messages WHERE id = $1 AND answer_kind IS NOT NULL "
    "AND xmin::text::bigint = txid_current() % 4294967296";
inline constexpr char const* postgres_guard_by_key =
    "SELECT CASE WHEN count(*) = 1 THEN 1 ELSE ($2 || ' ' || count(*))::integer END "
    "FROM @messages WHERE call_key = CASE WHEN length($1::bytea) > 1000 THEN sha256($1) ELSE $1 "
    "END AND answer_kind IS NOT NULL AND xmin::text::bigint = txid_current() % 4294967296";

inline postgres::statement statement_of(sql_statement const& from) {
  postgres::statement made(from.text);
  for (auto const& value : from.values)
    std::visit(
        [&made](auto const& one) {
          if constexpr (std::is_same_v<std::remove_cvref_t<decltype(one)>, std::monostate>)
            made.add(nullptr);
          else
            made.add(one);
        },
        value);
  return made;
}

/// Whether the transaction itself is at fault, and not the server or who stands in the way.
inline bool is_of_statement(postgres::error const& why) {
  auto const state = why.sqlstate();
  return why.kind() == postgres::fault::statement && !why.is_conflict() &&
         !state.starts_with("57") && !state.starts_with("08") && !state.starts_with("53") &&
         state != "55P03";
}

/// What the writes are comes first: their plans are made as the server would, and the fence is
/// locked for the rest alone. *Throws* std::invalid_argument for a text that no statement can be.
PANDO_INLINE postgres::batch postgres_store::batch_with(postgres_wave const& wave,
                                                        message_operation const& one) const {
  postgres::batch work;
  for (auto const& each : one.with.statements) work.add(statement_of(each));
  for (auto const& [name, value] : one.with.values)
    work.add(sql("INSERT INTO @values (name, value) VALUES ($1, $2) "
                 "ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
             as_octets(name), as_octets(value));
  work.add(postgres_plans);
  if (!wave.answers.empty()) {
    work.add(wave.answer_statement(sql(postgres_answer)));
    work.add(sql(postgres_guard), as_bigint(one.end.id), postgres_unrecorded);
    return work;
  }
  bool const has_key = wave.has_keys();
  work.add(wave.save_statement(sql(postgres_save_text(has_key))));
  if (!has_key) {
    work.add(sql(postgres_guard), as_bigint(one.what.id), postgres_unrecorded);
    return work;
  }
  work.add(wave.settle_statement(sql(postgres_settle)));
  work.add(sql(postgres_guard_by_key), as_octets(wave.saves.front().call_key),
           postgres_unrecorded);
  return work;
}

/// Why its answer cannot be recorded, if that is known; `none`: it can.
PANDO_LAZY_BODY task<void> postgres_store::look_why(message_operation& one) {
  postgres::statement fence(
      sql("SELECT FROM @shards WHERE grp = $1 AND shard = $2 AND owner = $3 AND epoch = $4 "
          "AND expires > clock_timestamp()"),
      as_octets(one.what.group), one.what.shard, as_bigint(one.by->incarnation),
      as_bigint(one.by->epoch));
  postgres::result const owned = co_await run(messages(), std::move(fence), postgres_work::reads);
  one.outcome = owned.empty() ? storage_outcome::fenced : storage_outcome::none;
  if (owned.empty()) co_return;
  if (one.what_to_do == message_operation::action::answer) {
    postgres::statement find(sql("SELECT answer_kind, answer FROM @messages WHERE id = $1 "
                                 "AND grp = $2 AND shard = $3"),
                             as_bigint(one.end.id), as_octets(one.what.group), one.what.shard);
    postgres::result const rows = co_await run(messages(), std::move(find), postgres_work::reads);
    if (rows.empty()) one.outcome = storage_outcome::unknown;
    if (rows.empty() || rows.front().is_null(0)) co_return;
    one.outcome = storage_outcome::answered;
    one.found_id = one.end.id;
    one.found = answer{one.end.id, static_cast<answer_kind>(rows.front().get<int>(0)),
                       text_of(rows.front(), 1)};
    co_return;
  }
  message_operation look;
  look.what_to_do = message_operation::action::find;
  look.what = one.what;
  co_await apply(std::span(&look, 1));
  if (look.outcome == storage_outcome::conflict) one.outcome = look.outcome;
  if (look.outcome != storage_outcome::duplicate || !look.found) co_return;
  one.outcome = storage_outcome::answered;
  one.found_id = look.found_id;
  one.found = look.found;
}

PANDO_LAZY_BODY task<void> postgres_store::apply_with(message_operation& one) {
  auto const self = shared_from_this();
  std::vector<message_operation*> const only{&one};
  for (int attempt = 0; attempt <= most_postgres_attempts; ++attempt) {
    one.outcome = storage_outcome::none;
    auto const waves = postgres_waves(only);
    if (waves.empty()) co_return; // it has no fence
    auto const& wave = waves.front();
    std::optional<postgres::error> failed;
    std::string refused;
    results done;
    try {
      auto work = batch_with(wave, one);
      done = co_await messages().transaction(std::move(work));
    } catch (postgres::error const& why) {
      failed = why;
    } catch (std::invalid_argument const& why) {
      refused = why.what();
    }
    if (!failed && refused.empty()) {
      auto const at = one.with.statements.size() + one.with.values.size() + 1;
      if (!wave.answers.empty()) wave.read_answers(done[at]);
      if (!wave.saves.empty()) wave.read_saves(done[at]);
      if (wave.has_keys()) wave.read_settled(done[at + 1]);
      co_return;
    }
    if (failed && !failed->is_conflict()) {
      if (!is_of_statement(*failed)) throw as_storage_error(*failed, false);
      bool const is_guard =
          failed->report().message.find(postgres_unrecorded) != std::string::npos;
      if (!is_guard) refused = failed->what();
    }
    if (!failed || !failed->is_conflict()) {
      // What looks like a fault may come from this very call, done before.
      co_await look_why(one);
      if (one.outcome != storage_outcome::none) co_return;
      if (!refused.empty()) {
        one.outcome = storage_outcome::refused;
        one.why = refused;
        co_return;
      }
    }
    co_await pause(attempt);
  }
  // Its message is not there, or others stand in the way all the time.
  one.outcome = storage_outcome::unknown;
}

/// Who waits until all are done.
struct all_of_them {
  explicit all_of_them(boost::asio::any_io_executor on) : over(std::move(on)) {}
  std::size_t left = 0;
  std::exception_ptr failed{};
  one_shot over;
};

/// All of them at once, over the connections that there are.
PANDO_LAZY_BODY task<void> postgres_store::apply_all_with(std::vector<message_operation*> all) {
  auto const self = shared_from_this();
  auto const state = std::make_shared<all_of_them>(executor_);
  state->left = all.size();
  for (auto* const one : all)
    boost::asio::co_spawn(executor_, apply_with(*one), [state](std::exception_ptr error) {
      if (error) state->failed = error;
      if (--state->left == 0) state->over.fire();
    });
  co_await state->over.wait();
  if (state->failed) std::rethrow_exception(state->failed);
}

} // namespace pando::store::detail

#endif
