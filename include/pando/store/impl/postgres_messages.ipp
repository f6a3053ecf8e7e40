// Taking messages from PostgreSQL, their answers, and small values.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// What may be taken is found shard by shard, each by its index; one of three ways to be found is
/// enough. Each shard that has something gives the same share, so that what is looked at is bounded
/// by what may be taken, and not by how many shards have a long queue. The rows are looked at again
/// when they are locked: another owner may have come.
inline constexpr char const* postgres_take =
    "WITH moment AS MATERIALIZED "
    "(SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint AS now), "
    "held AS MATERIALIZED (SELECT s.grp, s.shard, s.epoch "
    "FROM unnest($2::bytea[], $3::bigint[], $4::bigint[]) AS h(grp, shard, epoch) "
    "JOIN @shards s ON s.grp = h.grp AND s.shard = h.shard AND s.epoch = h.epoch "
    "WHERE s.owner = $1 AND s.expires > clock_timestamp() "
    "ORDER BY s.grp, s.shard FOR KEY SHARE OF s), "
    "queues AS MATERIALIZED (SELECT h.* FROM held h WHERE EXISTS "
    "(SELECT FROM @messages WHERE grp = h.grp AND shard = h.shard AND answer_kind IS NULL "
    "AND deliver_at IS NULL AND taken < h.epoch) OR EXISTS "
    "(SELECT FROM @messages WHERE grp = h.grp AND shard = h.shard AND answer_kind IS NULL "
    "AND deliver_at IS NOT NULL AND deliver_at <= (SELECT now FROM moment) AND taken < h.epoch) "
    "OR EXISTS (SELECT FROM @messages WHERE grp = h.grp AND shard = h.shard "
    "AND answer_kind IS NULL AND is_interrupted AND told < h.epoch)), "
    "share AS MATERIALIZED "
    "(SELECT greatest(1, $5::bigint / greatest(1, count(*))) AS most FROM queues), "
    "found AS MATERIALIZED (SELECT m.id, h.* FROM queues h CROSS JOIN LATERAL "
    "(SELECT id FROM @messages WHERE grp = h.grp AND shard = h.shard AND answer_kind IS NULL "
    "AND deliver_at IS NULL AND taken < h.epoch ORDER BY id LIMIT (SELECT most FROM share)) m "
    "UNION SELECT m.id, h.* FROM queues h CROSS JOIN LATERAL "
    "(SELECT id FROM @messages WHERE grp = h.grp AND shard = h.shard AND answer_kind IS NULL "
    "AND deliver_at IS NOT NULL AND deliver_at <= (SELECT now FROM moment) AND taken < h.epoch "
    "ORDER BY deliver_at LIMIT (SELECT most FROM share)) m "
    "UNION SELECT m.id, h.* FROM queues h CROSS JOIN LATERAL "
    "(SELECT id FROM @messages WHERE grp = h.grp AND shard = h.shard AND answer_kind IS NULL "
    "AND is_interrupted AND told < h.epoch ORDER BY id LIMIT (SELECT most FROM share)) m), "
    "chosen AS MATERIALIZED (SELECT id, epoch FROM found ORDER BY id LIMIT $5), "
    "took AS (UPDATE @messages m SET is_again = m.taken = c.epoch, "
    "was_taken = m.was_taken OR m.taken NOT IN (0, c.epoch), taken = c.epoch, "
    "told = CASE WHEN m.is_interrupted THEN c.epoch ELSE m.told END FROM chosen c "
    "WHERE m.id = c.id AND m.answer_kind IS NULL "
    "AND (m.taken < c.epoch OR m.is_interrupted AND m.told < c.epoch) RETURNING m.*), "
    "next AS MATERIALIZED (SELECT min(d.deliver_at) - (SELECT now FROM moment) AS due "
    "FROM held h CROSS JOIN LATERAL (SELECT deliver_at FROM @messages WHERE grp = h.grp "
    "AND shard = h.shard AND answer_kind IS NULL AND deliver_at IS NOT NULL "
    "AND deliver_at > (SELECT now FROM moment) AND taken < h.epoch "
    "AND id NOT IN (SELECT id FROM chosen) ORDER BY deliver_at LIMIT 1) d) "
    "SELECT next.due, EXISTS (SELECT FROM found GROUP BY grp, shard "
    "HAVING count(*) >= (SELECT most FROM share)), t.id, t.shard, t.payload_hash, t.deliver_at, "
    "t.is_interrupted, t.is_again, t.was_taken, t.grp, t.entity, t.instance, t.rpc, t.key, "
    "t.payload, t.context FROM next LEFT JOIN took t ON true ORDER BY t.id";

inline taken_message taken_of(postgres::row const& row) {
  taken_message one;
  one.what.id = number_of(row, 2);
  one.what.shard = row.get<std::uint32_t>(3);
  one.what.payload_hash = number_of(row, 4);
  if (auto const at = row.get<std::optional<std::int64_t>>(5))
    one.what.deliver_at = storage_time(std::chrono::milliseconds(*at));
  one.is_interrupted = row.get<bool>(6);
  one.is_taken_before = row.get<bool>(7);
  one.was_taken_by_another = row.get<bool>(8);
  one.what.group = text_of(row, 9);
  one.what.entity = text_of(row, 10);
  one.what.instance = text_of(row, 11);
  one.what.rpc = text_of(row, 12);
  if (!row.is_null(13)) one.what.key = text_of(row, 13);
  one.what.payload = text_of(row, 14);
  one.what.context = text_of(row, 15);
  return one;
}

PANDO_LAZY_BODY task<taken_messages> postgres_store::take(std::uint64_t incarnation,
                                                          std::vector<shard_lease> const& held,
                                                          std::size_t most) {
  shard_columns const columns(held);
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql(postgres_take), as_bigint(incarnation), columns.groups, columns.shards,
           columns.epochs, most);
  results const done = co_await transact(messages(), std::move(work), postgres_work::writes);
  taken_messages taken;
  for (auto const row : done[1]) {
    if (auto const due = row.get<std::optional<std::int64_t>>(0))
      taken.next_due = milliseconds(*due);
    taken.is_more = row.get<bool>(1);
    if (!row.is_null(2)) taken.all.push_back(taken_of(row));
  }
  co_return taken;
}

PANDO_LAZY_BODY task<void> postgres_store::put_back(std::uint64_t incarnation,
                                                    std::vector<std::uint64_t> const& ids) {
  std::vector<std::int64_t> numbers(ids.begin(), ids.end());
  std::sort(numbers.begin(), numbers.end());
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("WITH mine AS MATERIALIZED (SELECT m.id, s.epoch FROM unnest($2::bigint[]) AS w(id) "
               "JOIN @messages m ON m.id = w.id JOIN @shards s ON s.grp = m.grp "
               "AND s.shard = m.shard AND s.epoch = m.taken WHERE m.answer_kind IS NULL "
               "AND s.owner = $1 AND s.expires > clock_timestamp() "
               "ORDER BY s.grp, s.shard FOR KEY SHARE OF s) "
               "UPDATE @messages m SET taken = 0, told = 0 FROM mine WHERE m.id = mine.id "
               "AND m.taken = mine.epoch AND m.answer_kind IS NULL"),
           as_bigint(incarnation), numbers);
  (void)co_await transact(messages(), std::move(work), postgres_work::writes);
}

PANDO_LAZY_BODY task<void>
postgres_store::put_back_unknown(std::uint64_t incarnation, std::vector<shard_lease> const& held,
                                 std::vector<std::uint64_t> const& known) {
  shard_columns const columns(held);
  std::vector<std::int64_t> const kept(known.begin(), known.end());
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("WITH held AS MATERIALIZED (SELECT s.grp, s.shard, s.epoch "
               "FROM unnest($2::bytea[], $3::bigint[], $4::bigint[]) AS h(grp, shard, epoch) "
               "JOIN @shards s ON s.grp = h.grp AND s.shard = h.shard AND s.epoch = h.epoch "
               "WHERE s.owner = $1 AND s.expires > clock_timestamp() "
               "ORDER BY s.grp, s.shard FOR KEY SHARE OF s) "
               "UPDATE @messages m SET told = 0, "
               "taken = CASE WHEN m.id = ANY ($5::bigint[]) THEN m.taken ELSE 0 END FROM held h "
               "WHERE m.grp = h.grp AND m.shard = h.shard AND m.taken = h.epoch "
               "AND m.answer_kind IS NULL"),
           as_bigint(incarnation), columns.groups, columns.shards, columns.epochs, kept);
  (void)co_await transact(messages(), std::move(work), postgres_work::writes);
}

PANDO_LAZY_BODY task<std::vector<std::uint64_t>>
postgres_store::interrupted(std::vector<std::uint64_t> const& ids) {
  std::vector<std::int64_t> const numbers(ids.begin(), ids.end());
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("SELECT id FROM @messages WHERE id = ANY ($1::bigint[]) AND is_interrupted "
               "AND answer_kind IS NULL"),
           numbers);
  results const done = co_await transact(messages(), std::move(work), postgres_work::reads);
  std::vector<std::uint64_t> found;
  for (auto const row : done[1]) found.push_back(number_of(row, 0));
  co_return found;
}

PANDO_LAZY_BODY task<std::vector<answer>>
postgres_store::answers(std::vector<std::uint64_t> const& ids) {
  std::vector<std::int64_t> const numbers(ids.begin(), ids.end());
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("SELECT id, answer_kind, answer FROM @messages WHERE id = ANY ($1::bigint[]) "
               "AND answer_kind IS NOT NULL"),
           numbers);
  results const done = co_await transact(messages(), std::move(work), postgres_work::reads);
  std::vector<answer> found;
  for (auto const row : done[1])
    found.push_back(
        {number_of(row, 0), static_cast<answer_kind>(row.get<int>(1)), text_of(row, 2)});
  co_return found;
}

PANDO_LAZY_BODY task<std::size_t> postgres_store::prune(milliseconds age, std::size_t most) {
  postgres::batch work;
  work.add(postgres_plans);
  work.add(sql("WITH old AS MATERIALIZED (SELECT id FROM @messages WHERE answered_at IS NOT NULL "
               "AND answered_at < (SELECT clock_timestamp() - "
               "$1::bigint * interval '1 millisecond') "
               "ORDER BY answered_at LIMIT $2 FOR UPDATE SKIP LOCKED), "
               "gone AS (DELETE FROM @chunks c USING old WHERE c.id = old.id) "
               "DELETE FROM @messages m USING old WHERE m.id = old.id"),
           as_milliseconds(age), most);
  results const done = co_await transact(messages(), std::move(work), postgres_work::writes);
  co_return done[1].affected();
}

/// What is answered is counted by an index alone, and those that wait are few, or looked at anyway.
PANDO_LAZY_BODY task<message_counts> postgres_store::count(std::string_view no_rpc) {
  std::string text = "SELECT ";
  for (char const* const due : {"", "NOT "})
    text += "(SELECT count(*) FROM @messages WHERE answer_kind IS NULL AND deliver_at IS " +
            std::string(due) + "NULL" + (no_rpc.empty() ? "" : " AND rpc <> $1") + ") + ";
  text += "0, (SELECT count(*) FROM @messages WHERE answered_at IS NOT NULL)";
  postgres::statement what(sql(std::move(text)));
  if (!no_rpc.empty()) what.add(as_octets(no_rpc));
  postgres::batch work;
  work.add(std::move(what));
  results const done = co_await look_apart(std::move(work));
  auto const row = done.front().front();
  co_return message_counts{number_of(row, 0), number_of(row, 1)};
}

PANDO_LAZY_BODY task<std::optional<std::string>> postgres_store::value(std::string const& name) {
  postgres::statement what(sql("SELECT value FROM @values WHERE name = $1"), as_octets(name));
  postgres::result const rows = co_await run(messages(), std::move(what), postgres_work::reads);
  std::optional<std::string> found;
  if (!rows.empty()) found = text_of(rows.front(), 0);
  co_return found;
}

PANDO_LAZY_BODY task<bool> postgres_store::set_value(std::string const& name,
                                                     std::string const& value,
                                                     shard_key const& shard, fence const& by) {
  postgres::statement what(
      sql("WITH fence AS MATERIALIZED (SELECT FROM @shards WHERE grp = $3 AND shard = $4 "
          "AND owner = $5 AND epoch = $6 AND expires > clock_timestamp() FOR KEY SHARE) "
          "INSERT INTO @values (name, value) SELECT $1, $2 FROM fence "
          "ON CONFLICT (name) DO UPDATE SET value = excluded.value"),
      as_octets(name), as_octets(value), as_octets(shard.group), shard.shard,
      as_bigint(by.incarnation), as_bigint(by.epoch));
  postgres::result const done = co_await run(messages(), std::move(what), postgres_work::writes);
  co_return done.affected() != 0;
}

} // namespace pando::store::detail

#endif
