// Many operations on messages in one transaction and one round trip.
#pragma once

#include <algorithm>
#include <stdexcept>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>
#include <pando/store/detail/postgres_wave.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// Of a list only what is not of one length is unnested; numbers are found by their place, and
/// texts that many share are sent once. Where everything is written one row says so.
inline constexpr char const* postgres_answer =
    "#ops AS MATERIALIZED (SELECT ($6::bigint[])[i] AS id, ($7::bigint[])[i] AS fence, "
    "NULLIF(($8::bigint[])[i], 0) AS kind, ($11::bytea[])[($9::bigint[])[i]] AS grp, "
    "($10::bigint[])[i] AS shard, answer "
    "FROM unnest($5::bytea[]) WITH ORDINALITY AS o(answer, i)), "
    "done AS (UPDATE @messages m SET answer_kind = o.kind, answer = o.answer, "
    "answered_at = CASE WHEN o.kind IS NOT NULL THEN clock_timestamp() END, "
    "is_interrupted = m.is_interrupted OR o.kind IS NULL FROM ops o "
    "WHERE m.id = o.id AND m.answer_kind IS NULL AND (o.kind IS NULL OR m.shard = o.shard "
    "AND m.grp = o.grp AND o.fence IN (SELECT number FROM fence)) RETURNING m.id), "
    "all_done AS MATERIALIZED (SELECT (SELECT count(*) FROM done) = "
    "array_length($6::bigint[], 1) AS is_so) "
    "SELECT 3, NULL::bigint, NULL::smallint, NULL::bytea FROM all_done WHERE is_so "
    "UNION ALL SELECT 0, number, NULL, NULL FROM fence WHERE NOT (SELECT is_so FROM all_done) "
    "UNION ALL SELECT 1, id, NULL, NULL FROM done WHERE NOT (SELECT is_so FROM all_done) "
    "UNION ALL SELECT 2, m.id, m.answer_kind, m.answer FROM ops o JOIN @messages m ON m.id = o.id "
    "WHERE NOT (SELECT is_so FROM all_done) AND o.id NOT IN (SELECT id FROM done) "
    "AND (o.kind IS NULL OR m.shard = o.shard AND m.grp = o.grp)";

/// Only owners write chunks, and each message's one after the other.
inline constexpr char const* postgres_chunk =
    "#ops AS MATERIALIZED (SELECT ($6::bigint[])[i] AS id, ($7::bigint[])[i] AS fence, "
    "($8::bigint[])[i] AS sequence, ($9::bigint[])[i] AS items, "
    "($12::bytea[])[($10::bigint[])[i]] AS grp, ($11::bigint[])[i] AS shard, payload "
    "FROM unnest($5::bytea[]) WITH ORDINALITY AS o(payload, i)), "
    "there AS MATERIALIZED (SELECT o.*, m.answer_kind, m.answer, "
    "(SELECT max(c.sequence) FROM @chunks c WHERE c.id = o.id) AS last "
    "FROM ops o JOIN @messages m ON m.id = o.id AND m.shard = o.shard AND m.grp = o.grp "
    "WHERE o.fence IN (SELECT number FROM fence)), "
    "made AS (INSERT INTO @chunks (id, sequence, items, payload) "
    "SELECT id, sequence, items, payload FROM there "
    "WHERE answer_kind IS NULL AND sequence = COALESCE(last + 1, 0) ON CONFLICT DO NOTHING) "
    "SELECT 0, number, NULL::smallint, NULL::bytea, NULL::bigint FROM fence "
    "UNION ALL SELECT 1, id, answer_kind, answer, last FROM there";

/// The last chunk is marked, so that the next one has its number.
inline constexpr char const* postgres_acknowledge =
    "WITH ops AS MATERIALIZED (SELECT o.id, o.sequence FROM unnest($1::bigint[], $2::bigint[]) "
    "AS o(id, sequence)), "
    "there AS MATERIALIZED (SELECT o.id, o.sequence, "
    "(SELECT max(c.sequence) FROM @chunks c WHERE c.id = o.id) AS last "
    "FROM ops o JOIN @messages m ON m.id = o.id), "
    "gone AS (DELETE FROM @chunks c USING there t WHERE c.id = t.id "
    "AND c.sequence < LEAST(t.sequence, t.last)), "
    "marked AS (UPDATE @chunks c SET said = c.said + 1, "
    "is_acknowledged = c.is_acknowledged OR t.last < t.sequence FROM there t "
    "WHERE c.id = t.id AND c.sequence = t.last) "
    "SELECT id FROM there";

/// Without keys, for `%`; with those of it, and a key that is too long for an index is known by its
/// digest. `!`: what becomes of one that is there already.
inline constexpr char const* postgres_save =
    "#made AS (INSERT INTO @messages (id, shard, payload_hash, deliver_at, taken, answer_kind, "
    "answered_at, grp, entity, instance, rpc, key, call_key, payload, context, answer) "
    "SELECT ($8::bigint[])[i], ($10::bigint[])[i], ($11::bigint[])[i], "
    "NULLIF(($13::bigint[])[i], -9223372036854775808), ($12::bigint[])[i], "
    "NULLIF(($14::bigint[])[i], 0), "
    "CASE WHEN ($14::bigint[])[i] <> 0 THEN clock_timestamp() END, "
    "($19::bytea[])[($15::bigint[])[i]], ($19::bytea[])[($16::bigint[])[i]], o.instance, "
    "($19::bytea[])[($17::bigint[])[i]], %, o.payload, ($19::bytea[])[($18::bigint[])[i]], "
    "o.answer FROM unnest($5::bytea[], $6::bytea[], $7::bytea[]~) WITH ORDINALITY "
    "AS o(instance, payload, answer^, i) "
    "WHERE ($9::bigint[])[i] = 0 OR ($9::bigint[])[i] IN (SELECT number FROM fence) "
    "! RETURNING id), "
    "all_done AS MATERIALIZED (SELECT (SELECT count(*) FROM made) = "
    "array_length($8::bigint[], 1) AS is_so) "
    "SELECT 3, NULL::bigint FROM all_done WHERE is_so "
    "UNION ALL SELECT 0, number FROM fence WHERE NOT (SELECT is_so FROM all_done) "
    "UNION ALL SELECT 1, id FROM made WHERE NOT (SELECT is_so FROM all_done)";

/// The statement that saves, with keys or without. `is_new`: it fails where one of them is there
/// already, and need not look for them beforehand, nor mark each until it is sure.
inline std::string postgres_save_text(bool has_keys, bool is_new = false) {
  std::string all;
  for (char const one : std::string_view(postgres_save))
    if (one == '%')
      all += has_keys ? "o.key, CASE WHEN length(o.call_key) > 1000 THEN sha256(o.call_key) "
                        "ELSE o.call_key END"
                      : "NULL, NULL";
    else if (one == '~')
      all += has_keys ? ", $20::bytea[], $21::bytea[]" : "";
    else if (one == '^')
      all += has_keys ? ", key, call_key" : "";
    else if (one == '!')
      all += is_new ? "" : "ON CONFLICT DO NOTHING";
    else
      all.push_back(one);
  return all;
}

/// IS TRUE keeps the server from a join of two lists, row by row.
/// In a statement of its own, since those before it do not see what others have committed while
/// they waited.
inline constexpr char const* postgres_settle =
    "#ops AS MATERIALIZED (SELECT ($7::bigint[])[i] AS number, ($8::bigint[])[i] AS fence, "
    "($9::bigint[])[i] AS hash, NULLIF(($10::bigint[])[i], 0) AS kind, answer, "
    "CASE WHEN length(call_key) > 1000 THEN sha256(call_key) ELSE call_key END AS call_key "
    "FROM unnest($5::bytea[], $6::bytea[]) WITH ORDINALITY AS o(call_key, answer, i)), "
    "merged AS (UPDATE @messages m SET answer_kind = o.kind, answer = o.answer, "
    "answered_at = clock_timestamp() FROM ops o WHERE o.kind IS NOT NULL "
    "AND m.call_key = o.call_key AND m.payload_hash = o.hash AND m.answer_kind IS NULL "
    "AND (o.fence IN (SELECT number FROM fence)) IS TRUE RETURNING o.number) "
    "SELECT o.number, m.id, m.payload_hash = o.hash, o.number IN (SELECT number FROM merged), "
    "m.answer_kind, m.answer FROM ops o JOIN @messages m ON m.call_key = o.call_key";

/// By key, and by id.
inline constexpr char const* postgres_find =
    "WITH ops AS MATERIALIZED (SELECT number, "
    "CASE WHEN length(call_key) > 1000 THEN sha256(call_key) ELSE call_key END AS call_key "
    "FROM unnest($1::bytea[]) WITH ORDINALITY AS o(call_key, number)) "
    "SELECT 0, o.number, m.id, m.payload_hash, m.answer_kind, m.answer, m.entity, m.instance, "
    "m.rpc FROM ops o JOIN @messages m ON m.call_key = o.call_key "
    "UNION ALL SELECT 1, 0, id, payload_hash, answer_kind, answer, entity, instance, rpc "
    "FROM @messages WHERE id = ANY ($2::bigint[])";

inline constexpr char const* postgres_look_up =
    "SELECT id, entity, instance, rpc, payload_hash, answer_kind, answer FROM @messages "
    "WHERE id = ANY ($1::bigint[])";

PANDO_LAZY_BODY void postgres_store::wake_others(std::span<message_operation const> all) {
  wakes kinds = 0;
  for (auto const& one : all) {
    if (one.outcome != storage_outcome::stored) continue;
    using action = message_operation::action;
    // What is taken nobody else can take.
    if (one.what_to_do == action::interrupt || (one.what_to_do == action::save && !one.by))
      kinds |= as_wakes(wake::messages);
    // Of one that was there before: for what nobody knows of nobody waits.
    bool const was_there = one.what_to_do == action::answer ||
                           (one.what_to_do == action::save_answered && one.found_id != 0);
    if (was_there) kinds |= as_wakes(wake::answers);
    if (is_of_chunks(one)) kinds |= as_wakes(wake::chunks);
  }
  if (kinds != 0) wake_soon(kinds);
}

PANDO_LAZY_BODY task<void> postgres_store::apply(std::span<message_operation> all) {
  if (all.size() > 4096)
    throw std::invalid_argument("pando: a storage applies at most 4096 operations at once");
  for (auto& one : all) one.outcome = storage_outcome::none;
  std::optional<storage_error> failed;
  try {
    co_await apply_parts(all);
  } catch (storage_error const& why) {
    failed = why;
  }
  wake_others(all); // also of what was committed before it failed: done again, it is no news
  if (failed) throw storage_error(*failed);
}

PANDO_LAZY_BODY task<void> postgres_store::apply_parts(std::span<message_operation> all) {
  std::vector<message_operation*> open;
  std::vector<message_operation*> with;
  for (auto& one : all) {
    one.found_id = 0;
    one.found.reset();
    (one.with.empty() ? open : with).push_back(&one);
  }
  bool const is_first = open.empty();
  if (open.size() == 1) {
    bool const is_settled = co_await apply_alone(*open.front());
    if (is_settled) open.clear();
  }
  for (int attempt = 0; !open.empty(); ++attempt) {
    std::optional<storage_error> failed;
    try {
      open = co_await apply_once(open, attempt == 0);
    } catch (storage_error const& why) {
      failed = why;
    }
    if (failed && attempt == 0) throw storage_error(*failed);
    // What came before is committed.
    if (failed) throw storage_error(storage_fault::outcome_unknown, failed->what());
    if (attempt == most_postgres_attempts)
      throw storage_error(storage_fault::outcome_unknown,
                          "postgres: a message changes again and again while it is looked at");
  }
  if (!with.empty()) {
    std::optional<storage_error> failed;
    try {
      co_await apply_all_with(with);
    } catch (storage_error const& why) {
      failed = why;
    }
    bool const is_alone = is_first && with.size() == 1;
    if (failed && is_alone) throw storage_error(*failed);
    if (failed) throw storage_error(storage_fault::outcome_unknown, failed->what());
  }
}

/// `is_new`: nothing of what is saved is there; of one wave.
PANDO_INLINE postgres::batch postgres_store::batch_of(std::vector<postgres_wave> const& waves,
                                                      bool is_short, bool is_new) const {
  postgres::batch work;
  work.add(postgres_plans);
  for (auto const& wave : waves) {
    if (!wave.chunks.empty()) work.add(wave.chunk_statement(sql(postgres_chunk)));
    if (!wave.acknowledgements.empty())
      work.add(wave.acknowledge_statement(sql(postgres_acknowledge)));
    if (!wave.answers.empty()) work.add(wave.answer_statement(sql(postgres_answer)));
    if (!wave.saves.empty())
      work.add(wave.save_statement(sql(postgres_save_text(wave.has_keys(), is_new))));
    if (wave.has_keys() && !is_short) work.add(wave.settle_statement(sql(postgres_settle)));
    if (!wave.finds.empty()) work.add(wave.find_statement(sql(postgres_find)));
  }
  return work;
}

/// Gives those of which nothing is known yet: others had a hand in them at the same time.
PANDO_LAZY_BODY task<std::vector<message_operation*>>
postgres_store::apply_once(std::vector<message_operation*> const& all_of_them, bool is_first) {
  auto const self = shared_from_this();
  auto const waves = postgres_waves(all_of_them);
  std::vector<message_operation*> open;
  if (waves.empty()) co_return open;
  // Most keys are new. Nothing comes after the one wave that there is then, so that those that are
  // not may be looked at when it is known which.
  bool const is_short = waves.size() == 1 && waves.front().finds.empty();
  bool const is_new =
      is_first && is_short && waves.front().saves.size() > 1 && waves.front().saves_as_owner();
  bool const reads = std::all_of(waves.begin(), waves.end(),
                                 [](postgres_wave const& wave) { return wave.only_looks(); });
  auto const kind = reads ? postgres_work::reads : postgres_work::writes;
  std::optional<results> there;
  if (is_new) {
    try {
      auto work = batch_of(waves, is_short, true);
      there = co_await transact(messages(), std::move(work), kind);
    } catch (storage_error const& why) {
      if (why.fault() != storage_fault::refused) throw;
    } // nothing was written, and something is there already
  }
  if (!there) {
    auto work = batch_of(waves, is_short, false);
    there = co_await transact(messages(), std::move(work), kind);
  }
  results const& done = *there;
  std::size_t at = 1;
  for (auto const& wave : waves) {
    if (!wave.chunks.empty()) wave.read_chunks(done[at++]);
    if (!wave.acknowledgements.empty()) wave.read_acknowledged(done[at++]);
    if (!wave.answers.empty()) wave.read_answers(done[at++]);
    if (!wave.saves.empty()) wave.read_saves(done[at++]);
    if (wave.has_keys() && !is_short) wave.read_settled(done[at++]);
    if (!wave.finds.empty()) wave.read_found(done[at++]);
  }
  std::optional<storage_error> failed;
  try {
    if (is_short && waves.front().is_unsettled_somewhere()) co_await settle(waves.front());
    for (auto* const one : all_of_them)
      if (one->outcome == storage_outcome::none) open.push_back(one);
    if (!open.empty()) open = co_await look_up(open);
  } catch (storage_error const& why) {
    failed = why;
  }
  if (!failed) co_return open;
  if (reads) throw storage_error(*failed);
  throw storage_error(storage_fault::outcome_unknown, failed->what()); // the others are committed
}

/// There was a message of the key already: whether it is the same call, and its answer, or it gets
/// that.
PANDO_LAZY_BODY task<void> postgres_store::settle(postgres_wave const& wave) {
  postgres::batch work;
  work.add(postgres_plans);
  work.add(wave.settle_statement(sql(postgres_settle)));
  results const done = co_await transact(messages(), std::move(work), postgres_work::writes);
  wave.read_settled(done[1]);
}

/// What was not written since its id is there already.
PANDO_LAZY_BODY task<std::vector<message_operation*>>
postgres_store::look_up(std::vector<message_operation*> const& open) {
  using action = message_operation::action;
  std::vector<std::int64_t> ids;
  for (auto const* const one : open) {
    bool const is_save =
        one->what_to_do == action::save || one->what_to_do == action::save_answered;
    if (is_save) ids.push_back(as_bigint(one->what.id));
  }
  std::vector<message_operation*> left;
  postgres::statement what(sql(postgres_look_up), ids);
  postgres::result const rows = co_await run(messages(), std::move(what), postgres_work::reads);
  for (auto* const one : open) {
    bool const is_save =
        one->what_to_do == action::save || one->what_to_do == action::save_answered;
    std::optional<postgres::row> there;
    for (auto const row : rows)
      if (is_save && number_of(row, 0) == one->what.id) there = row;
    if (!there) {
      left.push_back(one);
      continue;
    }
    auto const& it = one->what;
    bool const is_same = text_of(*there, 1) == it.entity && text_of(*there, 2) == it.instance &&
                         text_of(*there, 3) == it.rpc && number_of(*there, 4) == it.payload_hash;
    one->found_id = it.id;
    if (!is_same) {
      one->outcome = storage_outcome::conflict;
      continue;
    }
    if (!there->is_null(5))
      one->found = answer{it.id, static_cast<answer_kind>(there->get<int>(5)), text_of(*there, 6)};
    if (one->what_to_do == action::save)
      one->outcome = storage_outcome::duplicate;
    else if (one->found)
      one->outcome = storage_outcome::answered;
    else
      co_await answer_one(*one);
    if (one->outcome == storage_outcome::none) left.push_back(one);
  }
  co_return left;
}

/// A message that is there already, and has no answer, gets that of `save_answered`.
PANDO_LAZY_BODY task<void> postgres_store::answer_one(message_operation& which) {
  message_operation only;
  only.what_to_do = message_operation::action::answer;
  only.what.group = which.what.group;
  only.what.shard = which.what.shard;
  only.end = which.end;
  only.end.id = which.what.id;
  only.by = which.by;
  co_await apply(std::span(&only, 1));
  which.found = only.outcome == storage_outcome::stored ? std::optional(only.end) : only.found;
  which.outcome = only.outcome;
}

} // namespace pando::store::detail

#endif
