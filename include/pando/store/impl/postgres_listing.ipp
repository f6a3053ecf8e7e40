// Messages as whoever looks after a storage wants to see them, in PostgreSQL.
#pragma once

#include <array>
#include <optional>
#include <span>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// The shards that have something are found one behind the other by the index, and of each the
/// first of its queue. A row of no state: there are more than are looked at. Parameters: the
/// state, the entity, the instance, how many of a state, how many are looked at, which rpc is left
/// out.
inline constexpr char const* postgres_list_waiting =
    "WITH RECURSIVE moment AS MATERIALIZED "
    "(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now), "
    "ready(grp, shard) AS ((SELECT grp, shard FROM @messages WHERE answer_kind IS NULL "
    "AND deliver_at IS NULL ORDER BY grp, shard LIMIT 1) UNION ALL "
    "SELECT n.grp, n.shard FROM ready r CROSS JOIN LATERAL (SELECT grp, shard FROM @messages "
    "WHERE answer_kind IS NULL AND deliver_at IS NULL AND (grp, shard) > (r.grp, r.shard) "
    "ORDER BY grp, shard LIMIT 1) n), "
    "later(grp, shard) AS ((SELECT grp, shard FROM @messages WHERE answer_kind IS NULL "
    "AND deliver_at IS NOT NULL ORDER BY grp, shard LIMIT 1) UNION ALL "
    "SELECT n.grp, n.shard FROM later r CROSS JOIN LATERAL (SELECT grp, shard FROM @messages "
    "WHERE answer_kind IS NULL AND deliver_at IS NOT NULL AND (grp, shard) > (r.grp, r.shard) "
    "ORDER BY grp, shard LIMIT 1) n), "
    "depth AS MATERIALIZED (SELECT greatest(1, $5::bigint / greatest(1, "
    "(SELECT count(*) FROM ready) + (SELECT count(*) FROM later))) AS most), "
    "wanted AS MATERIALIZED (SELECT w.state FROM unnest(ARRAY[2, 3, 4]) AS w(state) "
    "WHERE $1::bigint IS NULL OR w.state = $1), "
    "found AS MATERIALIZED ("
    "SELECT w.state, c.* FROM wanted w CROSS JOIN ready q "
    "LEFT JOIN @shards s ON s.grp = q.grp AND s.shard = q.shard CROSS JOIN LATERAL "
    "(SELECT m.* FROM (SELECT id, grp, shard, entity, instance, rpc, deliver_at, taken "
    "FROM @messages WHERE grp = q.grp AND shard = q.shard AND answer_kind IS NULL "
    "AND deliver_at IS NULL ORDER BY id LIMIT (SELECT most FROM depth)) m "
    "WHERE w.state = CASE WHEN m.taken = s.epoch THEN 2 ELSE 3 END "
    "AND ($2::bytea IS NULL OR m.entity = $2) AND ($3::bytea IS NULL OR m.instance = $3) "
    "AND m.rpc <> $6 LIMIT $4) c "
    "UNION ALL "
    "SELECT w.state, c.* FROM wanted w CROSS JOIN later q "
    "LEFT JOIN @shards s ON s.grp = q.grp AND s.shard = q.shard CROSS JOIN LATERAL "
    "(SELECT m.* FROM (SELECT id, grp, shard, entity, instance, rpc, deliver_at, taken "
    "FROM @messages WHERE grp = q.grp AND shard = q.shard AND answer_kind IS NULL "
    "AND deliver_at IS NOT NULL ORDER BY deliver_at LIMIT (SELECT most FROM depth)) m "
    "WHERE w.state = CASE WHEN m.taken = s.epoch THEN 2 "
    "WHEN m.deliver_at > (SELECT now FROM moment) THEN 4 ELSE 3 END "
    "AND ($2::bytea IS NULL OR m.entity = $2) AND ($3::bytea IS NULL OR m.instance = $3) "
    "AND m.rpc <> $6 LIMIT $4) c), "
    "placed AS (SELECT f.*, row_number() OVER (PARTITION BY state ORDER BY "
    "CASE WHEN state = 4 THEN deliver_at END, id) AS place FROM found f), "
    "cut AS ((SELECT 1 FROM ready q WHERE EXISTS (SELECT FROM wanted WHERE state < 4) "
    "AND EXISTS (SELECT FROM @messages WHERE grp = q.grp AND shard = q.shard "
    "AND answer_kind IS NULL AND deliver_at IS NULL ORDER BY id "
    "OFFSET (SELECT most FROM depth) LIMIT 1) LIMIT 1) "
    "UNION ALL (SELECT 1 FROM later q WHERE EXISTS (SELECT FROM wanted) AND EXISTS (SELECT "
    "FROM @messages WHERE grp = q.grp AND shard = q.shard AND answer_kind IS NULL "
    "AND deliver_at IS NOT NULL ORDER BY deliver_at OFFSET (SELECT most FROM depth) LIMIT 1) "
    "LIMIT 1)) "
    "SELECT state, id, grp, shard, entity, instance, rpc, deliver_at, ''::bytea, place "
    "FROM placed WHERE place <= $4 UNION ALL SELECT 5, 0, ''::bytea, 0, ''::bytea, ''::bytea, "
    "''::bytea, NULL, ''::bytea, 0 FROM cut ORDER BY state, place";
/// Parameters: the answer's kind, and from the second on as above; the state; the octets of the
/// answer that are given.
inline constexpr char const* postgres_list_failed =
    "(SELECT $7::bigint, id, grp, shard, entity, instance, rpc, deliver_at, "
    "substring(answer FROM 1 FOR $8::integer) FROM (SELECT * FROM @messages "
    "WHERE answer_kind IN (3, 5) AND answer_kind = $1::smallint "
    "ORDER BY answered_at DESC LIMIT $5::bigint) m "
    "WHERE ($2::bytea IS NULL OR entity = $2) AND ($3::bytea IS NULL OR instance = $3) "
    "AND rpc <> $6 LIMIT $4::bigint) UNION ALL (SELECT 5::bigint, 0, ''::bytea, 0, ''::bytea, "
    "''::bytea, ''::bytea, NULL, ''::bytea FROM @messages WHERE answer_kind IN (3, 5) "
    "AND answer_kind = $1::smallint ORDER BY answered_at DESC OFFSET $5::bigint LIMIT 1)";

inline listed_message listed_in(postgres::row const& row) {
  listed_message made;
  made.state = static_cast<message_state>(row.get<int>(0));
  made.what.id = number_of(row, 1);
  made.what.group = text_of(row, 2);
  made.what.shard = row.get<std::uint32_t>(3);
  made.what.entity = text_of(row, 4);
  made.what.instance = text_of(row, 5);
  made.what.rpc = text_of(row, 6);
  if (auto const at = row.get<std::optional<std::int64_t>>(7))
    made.what.deliver_at = storage_time(std::chrono::milliseconds(*at));
  made.end = text_of(row, 8);
  return made;
}

PANDO_LAZY_BODY task<listed_messages> postgres_store::list(message_filter const& wanted) {
  std::optional<std::span<std::byte const>> entity;
  std::optional<std::span<std::byte const>> instance;
  if (wanted.entity) entity = as_octets(*wanted.entity);
  if (wanted.instance) instance = as_octets(*wanted.instance);
  auto const no_rpc = as_octets(wanted.no_rpc);
  auto const most = wanted.most + 1;
  auto const depth = most_messages_looked_at;
  postgres::batch work;
  work.add(postgres_plans);
  work.add("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint");
  for (auto const state : {message_state::unreadable, message_state::failed}) {
    if (wanted.state && *wanted.state != state) continue;
    auto const kind =
        state == message_state::failed ? answer_kind::failure : answer_kind::unreadable;
    work.add(sql(postgres_list_failed), static_cast<int>(kind), entity, instance, most, depth,
             no_rpc, static_cast<int>(state), most_of_listed_answer);
  }
  std::optional<int> only;
  if (wanted.state) only = static_cast<int>(*wanted.state);
  work.add(sql(postgres_list_waiting), only, entity, instance, most, depth,
           no_rpc);
  results const done = co_await look_apart(std::move(work));
  listed_messages given;
  given.now = storage_time(milliseconds(done[1].front().get<std::int64_t>(0)));
  std::array<std::size_t, message_states> counts{};
  for (std::size_t at = 2; at < done.size(); ++at)
    for (auto const row : done[at]) {
      if (row.get<int>(0) == static_cast<int>(message_states)) {
        given.is_cut = true;
        continue;
      }
      auto one = listed_in(row);
      if (counts[static_cast<std::size_t>(one.state)]++ == wanted.most)
        given.is_more = true;
      else
        given.all.push_back(std::move(one));
    }
  co_return given;
}

} // namespace pando::store::detail

#endif
