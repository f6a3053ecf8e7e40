// One operation with nothing beside it: a statement of its values, without lists.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>
#include <pando/store/detail/postgres_wave.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// Of a claim $1 to $4 (group, shard, epoch, owner); see `postgres_fence`.
inline constexpr char const* postgres_fence_alone =
    "WITH fence AS MATERIALIZED (SELECT FROM @shards WHERE grp = $1 AND shard = $2 "
    "AND epoch = $3 AND owner IS NOT DISTINCT FROM $4 AND expires > clock_timestamp() "
    "FOR KEY SHARE), ";
inline constexpr char const* postgres_no_fence_alone = "WITH fence AS MATERIALIZED (SELECT), ";

/// It reads shards only, by their whole key, and those are few: it needs none of `postgres_plans`,
/// and so is a transaction by itself.
inline constexpr char const* postgres_save_alone =
    "made AS (INSERT INTO @messages (id, shard, payload_hash, deliver_at, taken, answer_kind, "
    "answered_at, grp, entity, instance, rpc, key, call_key, payload, context, answer) "
    "SELECT $5, $2, $6, $7, $3, $8, CASE WHEN $8 IS NOT NULL THEN clock_timestamp() END, "
    "$1, $9, $10, $11, $12, CASE WHEN length($13) > 1000 THEN sha256($13) ELSE $13 END, "
    "$14, $15, $16 FROM fence ON CONFLICT DO NOTHING RETURNING id) "
    "SELECT EXISTS (SELECT FROM fence), EXISTS (SELECT FROM made)";

inline constexpr char const* postgres_answer_alone =
    "made AS (UPDATE @messages SET answer_kind = $6, answer = $7, "
    "answered_at = clock_timestamp() WHERE id = $5 AND answer_kind IS NULL AND shard = $2 "
    "AND grp = $1 AND EXISTS (SELECT FROM fence) RETURNING id) "
    "SELECT EXISTS (SELECT FROM fence), EXISTS (SELECT FROM made)";

/// The statement for an operation that has its fence, where it needs one, and no writes.
inline postgres::statement statement_alone(std::string text, message_operation const& one) {
  auto const& it = one.what;
  postgres::statement what(std::move(text), as_octets(it.group), it.shard,
                           as_bigint(one.by ? one.by->epoch : 0));
  what.add(one.by ? std::optional(as_bigint(one.by->incarnation)) : std::nullopt);
  if (one.what_to_do == postgres_action::answer) {
    what.add(as_bigint(one.end.id));
    what.add(static_cast<std::int64_t>(one.end.kind));
    what.add(as_octets(one.end.payload));
    return what;
  }
  bool const ends = one.what_to_do == postgres_action::save_answered;
  auto const kind = static_cast<std::int64_t>(one.end.kind);
  auto const call_key = call_key_of(it);
  std::optional<std::int64_t> due;
  if (it.deliver_at) due = std::int64_t{it.deliver_at->time_since_epoch().count()};
  what.add(as_bigint(it.id));
  what.add(as_bigint(it.payload_hash));
  what.add(due);
  what.add(ends ? std::optional(kind) : std::nullopt);
  for (auto const* const each : {&it.entity, &it.instance, &it.rpc}) what.add(as_octets(*each));
  what.add(it.key ? std::optional(as_octets(*it.key)) : std::nullopt);
  what.add(it.key ? std::optional(as_octets(call_key)) : std::nullopt);
  for (auto const* const each : {&it.payload, &it.context}) what.add(as_octets(*each));
  what.add(ends ? std::optional(as_octets(one.end.payload)) : std::nullopt);
  return what;
}

/// Gives whether that has settled it: it is stored, or has no fence. Otherwise nothing was written,
/// and it goes the way of the others, which tells why.
PANDO_LAZY_BODY task<bool> postgres_store::apply_alone(message_operation& one) {
  bool const is_answer = one.what_to_do == postgres_action::answer;
  if (!is_answer && !is_save(one)) co_return false;
  if (!one.by && one.what_to_do != postgres_action::save) co_return false;
  auto const self = shared_from_this();
  std::string text = one.by ? postgres_fence_alone : postgres_no_fence_alone;
  text += is_answer ? postgres_answer_alone : postgres_save_alone;
  auto what = statement_alone(sql(text), one);
  results done;
  if (is_answer) {
    postgres::batch work;
    work.add(postgres_plans);
    work.add(std::move(what));
    done = co_await transact(messages(), std::move(work), postgres_work::writes);
  } else {
    auto rows = co_await run(messages(), std::move(what), postgres_work::writes);
    done.push_back(std::move(rows));
  }
  auto const row = done.back().front();
  bool const is_fenced = !row.get<bool>(0);
  bool const is_made = row.get<bool>(1);
  if (is_fenced) one.outcome = storage_outcome::fenced;
  if (is_made) one.outcome = storage_outcome::stored;
  co_return is_fenced || is_made;
}

} // namespace pando::store::detail

#endif
