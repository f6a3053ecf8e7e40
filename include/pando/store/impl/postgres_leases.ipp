// Runners and their shards in PostgreSQL. Rows are locked in this order: fleet, runners, shards by
// their keys.
#pragma once

#include <algorithm>
#include <utility>

#include <pando/store/detail/postgres_columns.hpp>
#include <pando/store/detail/postgres_store.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// One who changes the fleet at a time, and the next sees what the one before did.
inline constexpr char const* postgres_lock_fleet = "SELECT 1 FROM @fleet FOR UPDATE";

PANDO_LAZY_BODY task<void> postgres_store::declare_group(std::string const& group,
                                                         std::uint32_t shards) {
  postgres::batch work;
  work.add(sql(postgres_lock_fleet));
  work.add(sql("INSERT INTO @groups AS g VALUES ($1, $2) ON CONFLICT (grp) DO UPDATE "
               "SET shards = excluded.shards WHERE g.shards <> excluded.shards "
               "AND NOT EXISTS (SELECT FROM @runners) AND NOT EXISTS (SELECT FROM @messages m "
               "WHERE m.grp = $1 AND m.answer_kind IS NULL AND m.deliver_at IS NULL) "
               "AND NOT EXISTS (SELECT FROM @messages m WHERE m.grp = $1 "
               "AND m.answer_kind IS NULL AND m.deliver_at IS NOT NULL)"),
           as_octets(group), shards);
  work.add(sql("SELECT shards FROM @groups WHERE grp = $1"), as_octets(group));
  results const done = co_await transact(leases(), std::move(work), postgres_work::writes);
  auto const there = done[2].front().get<std::int64_t>(0);
  if (there != shards)
    throw storage_error(storage_fault::incompatible,
                        "postgres: the group \"" + group + "\" has " + std::to_string(there) +
                            " shards, and " + std::to_string(shards) +
                            " were declared: let every runner go and every message be answered "
                            "first, or keep the number");
}

/// A machine number comes again as late as may be: who had it before may still run.
PANDO_LAZY_BODY task<enlistment> postgres_store::enlist(runner_entry const& who) {
  postgres::batch work;
  work.add(sql("UPDATE @fleet SET incarnation = incarnation + 1"));
  work.add(
      sql("WITH free AS MATERIALIZED (SELECT n FROM @fleet f, generate_series(0, 1023) n "
          "WHERE n NOT IN (SELECT machine FROM @runners WHERE address <> $1) "
          "ORDER BY n IN (SELECT machine FROM @runners), "
          "(n - f.machine + 1023) % 1024 LIMIT 1), "
          "came AS (INSERT INTO @runners (address, incarnation, machine, weight, is_healthy, beat, "
          "came) SELECT $1, f.incarnation, free.n, $2, true, clock_timestamp(), clock_timestamp() "
          "FROM @fleet f, free ON CONFLICT (address) DO UPDATE SET "
          "incarnation = excluded.incarnation, machine = excluded.machine, "
          "weight = excluded.weight, is_healthy = true, beat = excluded.beat, "
          "came = excluded.came RETURNING incarnation, machine) "
          "UPDATE @fleet f SET machine = c.machine FROM came c "
          "RETURNING c.incarnation, c.machine"),
      as_octets(who.address), who.weight);
  results const done = co_await transact(leases(), std::move(work), postgres_work::writes);
  if (done[1].empty())
    throw storage_error(storage_fault::refused,
                        "postgres: 1024 runners are enlisted already, as many as may be: end some, "
                        "or wait until those that died are forgotten");
  wake_soon(as_wakes(wake::shards));
  auto const row = done[1].front();
  co_return enlistment{number_of(row, 0), row.get<std::uint16_t>(1)};
}

PANDO_LAZY_BODY task<renewal> postgres_store::renew(std::uint64_t incarnation, milliseconds ttl) {
  auto what = postgres::statement(
      sql("WITH alive AS (UPDATE @runners SET beat = clock_timestamp() WHERE incarnation = $1 "
          "RETURNING incarnation), "
          "held AS MATERIALIZED (SELECT s.grp, s.shard FROM alive a JOIN @shards s "
          "ON s.owner = a.incarnation WHERE s.expires > clock_timestamp() "
          "ORDER BY s.grp, s.shard FOR NO KEY UPDATE OF s), "
          "kept AS (UPDATE @shards s "
          "SET expires = clock_timestamp() + $2::bigint * interval '1 millisecond' "
          "FROM held h WHERE s.grp = h.grp AND s.shard = h.shard "
          "RETURNING s.grp, s.shard, s.epoch) "
          "SELECT k.grp, k.shard, k.epoch FROM alive LEFT JOIN kept k ON true "
          "ORDER BY k.grp, k.shard"),
      as_bigint(incarnation), as_milliseconds(ttl));
  // Half of it to be sent, and half to be answered.
  auto const most = (std::min)(options_.timeout, (std::max)(ttl / 2, milliseconds(1)));
  auto limited = std::move(what).within(most);
  postgres::result const rows = co_await run(leases(), std::move(limited), postgres_work::writes);
  renewal found;
  found.is_enlisted = !rows.empty();
  for (auto const row : rows)
    if (!row.is_null(0))
      found.held.push_back({text_of(row, 0), row.get<std::uint32_t>(1), number_of(row, 2)});
  co_return found;
}

PANDO_LAZY_BODY task<std::vector<shard_lease>>
postgres_store::acquire(std::uint64_t incarnation, std::vector<shard_key> const& wanted,
                        milliseconds ttl) {
  shard_columns const columns(wanted);
  postgres::batch work;
  // What was never owned has no row yet.
  work.add(sql("INSERT INTO @shards (grp, shard, epoch, expires) "
               "SELECT DISTINCT w.grp, w.shard, 0, clock_timestamp() "
               "FROM unnest($1::bytea[], $2::bigint[]) AS w(grp, shard) "
               "WHERE NOT EXISTS (SELECT FROM @shards s WHERE s.grp = w.grp AND s.shard = w.shard) "
               "ORDER BY 1, 2 ON CONFLICT DO NOTHING"),
           columns.groups, columns.shards);
  work.add(sql("WITH alive AS MATERIALIZED (SELECT incarnation FROM @runners "
               "WHERE incarnation = $1 FOR KEY SHARE), "
               "free AS MATERIALIZED (SELECT s.grp, s.shard, a.incarnation FROM alive a, @shards s "
               "WHERE (s.grp, s.shard) IN (SELECT * FROM unnest($2::bytea[], $3::bigint[])) "
               "AND (s.owner IS NULL OR s.owner = a.incarnation OR s.expires <= clock_timestamp()) "
               "ORDER BY s.grp, s.shard FOR UPDATE OF s) "
               "UPDATE @shards s SET epoch = s.epoch + "
               "CASE WHEN s.owner = f.incarnation AND s.expires > clock_timestamp() "
               "THEN 0 ELSE 1 END, owner = f.incarnation, "
               "expires = clock_timestamp() + $4::bigint * interval '1 millisecond' FROM free f "
               "WHERE s.grp = f.grp AND s.shard = f.shard RETURNING s.grp, s.shard, s.epoch"),
           as_bigint(incarnation), columns.groups, columns.shards, as_milliseconds(ttl));
  results const done = co_await transact(leases(), std::move(work), postgres_work::writes);
  auto const& rows = done[1];
  std::vector<shard_lease> got;
  for (auto const row : rows)
    got.push_back({text_of(row, 0), row.get<std::uint32_t>(1), number_of(row, 2)});
  std::sort(got.begin(), got.end());
  if (!got.empty()) wake_soon(as_wakes(wake::shards));
  co_return got;
}

/// FOR UPDATE waits for writes that are fenced by what is given back.
PANDO_LAZY_BODY task<void> postgres_store::release(std::uint64_t incarnation,
                                                   std::vector<shard_lease> const& held) {
  shard_columns const columns(held);
  postgres::statement what(
      sql("WITH held AS MATERIALIZED (SELECT s.grp, s.shard "
          "FROM unnest($2::bytea[], $3::bigint[], $4::bigint[]) AS h(grp, shard, epoch) "
          "JOIN @shards s ON s.grp = h.grp AND s.shard = h.shard AND s.epoch = h.epoch "
          "WHERE s.owner = $1 ORDER BY s.grp, s.shard FOR UPDATE OF s) "
          "UPDATE @shards s SET owner = NULL, expires = clock_timestamp() FROM held h "
          "WHERE s.grp = h.grp AND s.shard = h.shard"),
      as_bigint(incarnation), columns.groups, columns.shards, columns.epochs);
  postgres::result const done = co_await run(leases(), std::move(what), postgres_work::writes);
  if (done.affected() != 0) wake_soon(as_wakes(wake::shards));
}

PANDO_LAZY_BODY task<void> postgres_store::step_down(std::uint64_t incarnation) {
  postgres::statement one(sql("UPDATE @runners SET is_healthy = false WHERE incarnation = $1"),
                          as_bigint(incarnation));
  (void)co_await run(leases(), std::move(one), postgres_work::writes);
  wake_soon(as_wakes(wake::shards));
}

PANDO_LAZY_BODY task<void> postgres_store::withdraw(std::uint64_t incarnation) {
  postgres::batch work;
  work.add(sql("DELETE FROM @runners WHERE incarnation = $1"), as_bigint(incarnation));
  work.add(sql("WITH held AS MATERIALIZED (SELECT grp, shard FROM @shards WHERE owner = $1 "
               "ORDER BY grp, shard FOR UPDATE) "
               "UPDATE @shards s SET owner = NULL, expires = clock_timestamp() FROM held h "
               "WHERE s.grp = h.grp AND s.shard = h.shard"),
           as_bigint(incarnation));
  results const done = co_await transact(leases(), std::move(work), postgres_work::writes);
  if (done[0].affected() + done[1].affected() != 0) wake_soon(as_wakes(wake::shards));
}

PANDO_LAZY_BODY task<bool> postgres_store::mark(std::string const& address, bool is_healthy,
                                                milliseconds alive) {
  postgres::batch work;
  work.add(sql(postgres_lock_fleet));
  work.add(sql("UPDATE @runners SET is_healthy = $2 WHERE address = $1 AND ($2 OR EXISTS "
               "(SELECT FROM @runners o WHERE o.address <> $1 AND o.is_healthy "
               "AND o.beat >= clock_timestamp() - $3::bigint * interval '1 millisecond'))"),
           as_octets(address), is_healthy, as_milliseconds(alive));
  results const done = co_await transact(leases(), std::move(work), postgres_work::writes);
  bool const is_done = done[1].affected() != 0;
  if (is_done) wake_soon(as_wakes(wake::shards));
  co_return is_done;
}

PANDO_LAZY_BODY task<fleet_view> postgres_store::look(milliseconds forget_after) {
  postgres::batch work(postgres::isolation::repeatable_read);
  work.add(sql("SELECT address, incarnation, machine, weight, is_healthy, "
               "greatest(0, extract(epoch FROM clock_timestamp() - beat) * 1000)::bigint, "
               "greatest(0, extract(epoch FROM clock_timestamp() - came) * 1000)::bigint "
               "FROM @runners ORDER BY address"));
  work.add(sql("WITH moment AS MATERIALIZED (SELECT clock_timestamp() AS now) "
               "SELECT grp, shard, epoch, owner, "
               "ceil(extract(epoch FROM expires - now) * 1000)::bigint "
               "FROM @shards, moment WHERE owner IS NOT NULL AND expires > now "
               "ORDER BY grp, shard"));
  results const rows = co_await transact(leases(), std::move(work), postgres_work::reads);
  fleet_view seen;
  bool are_some_gone = false;
  for (auto const row : rows[0]) {
    milliseconds const age(row.get<std::int64_t>(5));
    if (age > forget_after) {
      are_some_gone = true;
      continue;
    }
    seen.runners.push_back({text_of(row, 0), number_of(row, 1), row.get<std::uint16_t>(2),
                            row.get<double>(3), row.get<bool>(4), age,
                            milliseconds(row.get<std::int64_t>(6))});
  }
  for (auto const row : rows[1])
    seen.owners.push_back({text_of(row, 0), row.get<std::uint32_t>(1), number_of(row, 2),
                           number_of(row, 3), milliseconds(row.get<std::int64_t>(4))});
  if (are_some_gone) {
    postgres::statement drop(sql("DELETE FROM @runners WHERE beat < clock_timestamp() - "
                                 "$1::bigint * interval '1 millisecond'"),
                             as_milliseconds(forget_after));
    (void)co_await run(leases(), std::move(drop), postgres_work::writes);
  }
  co_return seen;
}

} // namespace pando::store::detail

#endif
