// Answers with writes of their handlers: each in a transaction of its own, that happens if the
// answer is recorded by it.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <exception>
#include <memory>
#include <optional>
#include <random>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <type_traits>
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

/// What tells the rows that one attempt has answered: a number that nothing else writes, below 0,
/// which no epoch is. It is put where an answered row needs nothing any more.
inline std::int64_t new_postgres_token() {
  std::random_device random;
  auto const number = std::uint64_t{random()} << 32 | random();
  return static_cast<std::int64_t>(number | std::uint64_t{1} << 63);
}
inline std::string with_token(std::string text, std::string_view behind, std::string const& token) {
  return text.insert(text.find(behind) + behind.size(), token);
}

/// Fails where the message has no answer of this attempt. (The text is no constant, or the server
/// would convert it beforehand.)
inline constexpr char const* postgres_guard =
    "SELECT CASE WHEN count(*) = 1 THEN 1 ELSE ($2 || ' ' || count(*))::integer END "
    "FROM @messages WHERE id = $1 AND answer_kind IS NOT NULL "
    "AND told = $3";
inline constexpr char const* postgres_guard_by_key =
    "SELECT CASE WHEN count(*) = 1 THEN 1 ELSE ($2 || ' ' || count(*))::integer END "
    "FROM @messages WHERE call_key = CASE WHEN length($1::bytea) > 1000 THEN sha256($1) ELSE $1 "
    "END AND answer_kind IS NOT NULL AND told = $3";

/// What is before those of a handler: a statement takes so long at most, or less where the server
/// is told so.
inline constexpr std::size_t postgres_limits = 1;
inline constexpr char const* postgres_limit =
    "SELECT CASE WHEN extract(epoch FROM current_setting('statement_timeout')::interval) * 1000 "
    "BETWEEN 1 AND $1::bigint THEN NULL "
    "ELSE set_config('statement_timeout', ($1::bigint)::text, true) END";
inline constexpr std::size_t most_postgres_parameters = 65'535;

/// *Throws* std::invalid_argument for what would end the connection, or the transaction.
inline postgres::statement statement_of(sql_statement const& from) {
  transaction::check(from.text);
  if (from.values.size() > most_postgres_parameters)
    throw std::invalid_argument("postgres: a statement has 65535 parameters at most, given: " +
                                std::to_string(from.values.size()));
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

/// Whether a statement of a handler is at fault, or what is left of it for the COMMIT, and not the
/// server or who stands in the way. That is so whatever the server says, but that it is shut down,
/// takes no writes, or that its disk is full or fails: also that it took too long or waited for a
/// lock (57014, 55P03), that it had not the memory, or did not reach another server.
inline bool is_of_statement(postgres::error const& why, message_operation const& one) {
  if (why.kind() != postgres::fault::statement || why.is_conflict()) return false;
  auto const at = why.report().statement;
  bool const is_ours =
      at && (*at < postgres_limits || *at >= postgres_limits + one.with.statements.size());
  auto const state = why.sqlstate();
  return !is_ours && !state.starts_with("57P") && state != "25006" && state != "25P02" &&
         state != "53100" && state != "58030";
}

/// What the writes are comes first: their plans are made as the server would, and the fence is
/// locked for the rest alone. *Throws* std::invalid_argument for a text that no statement can be.
PANDO_INLINE postgres::batch postgres_store::batch_with(postgres_wave const& wave,
                                                        message_operation const& one) const {
  postgres::batch work;
  auto const most = (std::max)(options_.timeout / 2, milliseconds(1)); // others are behind it
  work.add(postgres_limit, std::int64_t{most.count()});
  for (auto const& each : one.with.statements) work.add(statement_of(each));
  for (auto const& [name, value] : one.with.values)
    work.add(sql("INSERT INTO @values (name, value) VALUES ($1, $2) "
                 "ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
             as_octets(name), as_octets(value));
  work.add(postgres_plans);
  auto const token = new_postgres_token();
  auto const add = [&](postgres::statement&& what) {
    what.add(token);
    work.add(std::move(what));
  };
  if (!wave.answers.empty()) {
    add(wave.answer_statement(
        with_token(sql(postgres_answer), "answer = o.answer, ", "told = $12, ")));
    work.add(sql(postgres_guard), as_bigint(one.end.id), postgres_unrecorded, token);
    return work;
  }
  bool const has_key = wave.has_keys();
  auto const save = with_token(sql(postgres_save_text(has_key)), "answered_at, ", "told, ");
  add(wave.save_statement(
      with_token(save, "clock_timestamp() END, ", has_key ? "$22, " : "$20, ")));
  if (!has_key) {
    work.add(sql(postgres_guard), as_bigint(one.what.id), postgres_unrecorded, token);
    return work;
  }
  add(wave.settle_statement(
      with_token(sql(postgres_settle), "answer = o.answer, ", "told = $11, ")));
  work.add(sql(postgres_guard_by_key), as_octets(wave.saves.front().call_key),
           postgres_unrecorded, token);
  return work;
}

/// Why its answer cannot be recorded, if that is known; `none`: it can, of the message `found_id`
/// where that is there already.
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
  one.found_id = look.found_id;
  if (look.outcome != storage_outcome::duplicate || !look.found) co_return;
  one.outcome = storage_outcome::answered;
  one.found = look.found;
}

/// A message that is there already, and has no answer, gets that of `save_answered`.
PANDO_LAZY_BODY task<void> postgres_store::answer_with(message_operation& which) {
  message_operation only;
  only.what_to_do = message_operation::action::answer;
  only.what.group = which.what.group;
  only.what.shard = which.what.shard;
  only.end = which.end;
  only.end.id = which.found_id;
  only.by = which.by;
  only.with = which.with;
  co_await apply_with(only);
  which.found = only.outcome == storage_outcome::stored ? std::optional(only.end) : only.found;
  which.outcome = only.outcome;
  which.why = only.why;
}

PANDO_LAZY_BODY task<void> postgres_store::apply_with(message_operation& one) {
  auto const self = shared_from_this();
  std::vector<message_operation*> const only{&one};
  for (int attempt = 0; attempt <= most_postgres_attempts; ++attempt) {
    one.outcome = storage_outcome::none;
    one.found_id = 0;
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
      auto const at =
          postgres_limits + one.with.statements.size() + one.with.values.size() + 1;
      if (!wave.answers.empty()) wave.read_answers(done[at]);
      if (!wave.saves.empty()) wave.read_saves(done[at]);
      if (wave.has_keys()) wave.read_settled(done[at + 1]);
      co_return;
    }
    if (failed && !failed->is_conflict()) {
      bool const is_guard =
          failed->report().message.find(postgres_unrecorded) != std::string::npos;
      if (!is_guard && !is_of_statement(*failed, one)) throw as_storage_error(*failed, false);
      if (!is_guard) refused = failed->what();
    }
    if (!failed || !failed->is_conflict()) {
      // What looks like a fault may come from this very call, done before.
      co_await look_why(one);
      if (one.outcome != storage_outcome::none) co_return;
      if (!refused.empty()) {
        one.outcome = storage_outcome::refused;
        one.found_id = 0;
        one.why = refused;
        co_return;
      }
      if (one.found_id != 0) {
        co_await answer_with(one);
        co_return;
      }
    }
    co_await pause(attempt);
  }
  // Its message is not there, or others stand in the way all the time.
  one.outcome = storage_outcome::unknown;
}

/// Who waits until all are done, and how each has failed.
struct all_of_them {
  all_of_them(boost::asio::any_io_executor on, std::size_t many)
      : left(many), failed(many), over(std::move(on)) {}
  std::size_t left;
  std::vector<std::optional<storage_error>> failed;
  one_shot over;
};

/// Notes how it fails, if it does.
PANDO_LAZY_BODY task<void> postgres_store::try_with(message_operation& one,
                                                    std::optional<storage_error>& failed) {
  failed.reset();
  try {
    co_await apply_with(one);
  } catch (storage_error const& why) {
    failed = why;
  } catch (std::exception const& why) {
    failed.emplace(storage_fault::refused, why.what());
  }
}

/// All of them at once, over the connections that there are. Where some take so long that a
/// connection is given up, those that shared it go again, one by one, so that each is known by what
/// it does itself.
PANDO_LAZY_BODY task<void> postgres_store::apply_all_with(std::vector<message_operation*> all) {
  auto const self = shared_from_this();
  auto const state = std::make_shared<all_of_them>(executor_, all.size());
  for (std::size_t at = 0; at < all.size(); ++at)
    boost::asio::co_spawn(executor_, try_with(*all[at], state->failed[at]),
                          [state](std::exception_ptr const&) {
                            if (--state->left == 0) state->over.fire();
                          });
  co_await state->over.wait();
  for (std::size_t at = 0; at < all.size(); ++at) {
    auto& failed = state->failed[at];
    bool const is_again = failed && failed->is_retryable() && all.size() > 1;
    if (is_again) co_await try_with(*all[at], failed);
    if (failed) throw storage_error(*failed);
  }
}

} // namespace pando::store::detail

#endif
