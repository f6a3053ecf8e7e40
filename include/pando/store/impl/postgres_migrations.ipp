// The tables of a storage in PostgreSQL, version by version.
#pragma once

#include <algorithm>
#include <array>
#include <utility>

#include <pando/store/detail/postgres_store.hpp>

#if PANDO_HAS_POSTGRES

namespace pando::store::detail {

/// What leads from each version to the next. What is there once is never changed, only added to.
///
/// No statement names in an INSERT what another makes: all are prepared before the first is done.
/// The key that is unique in shards with its epoch makes a change of owner one of a key, which FOR
/// KEY SHARE (a fence) keeps out, while it lets renewals pass.
inline std::vector<std::vector<std::string_view>> const& postgres_migrations() {
  static std::vector<std::vector<std::string_view>> const all{{
      "CREATE TABLE @fleet (only_one, incarnation, machine) AS SELECT true, 0::bigint, -1",
      "ALTER TABLE @fleet ADD PRIMARY KEY (only_one), ADD CHECK (only_one), "
      "ALTER incarnation SET NOT NULL, ALTER machine SET NOT NULL",
      "CREATE TABLE @groups (grp bytea PRIMARY KEY, shards bigint NOT NULL)",
      "CREATE TABLE @runners (address bytea PRIMARY KEY, incarnation bigint NOT NULL UNIQUE, "
      "machine integer NOT NULL, weight double precision NOT NULL, is_healthy boolean NOT NULL, "
      "beat timestamptz NOT NULL, came timestamptz NOT NULL) WITH (fillfactor = 50)",
      "CREATE TABLE @shards (grp bytea NOT NULL, shard bigint NOT NULL, epoch bigint NOT NULL, "
      "owner bigint, expires timestamptz NOT NULL, PRIMARY KEY (grp, shard), "
      "UNIQUE (grp, shard, epoch)) WITH (fillfactor = 50)",
      "CREATE INDEX pando_shards_owner ON @shards (owner)",
      // taken, told: in which epoch; 0: in none. deliver_at: milliseconds since 1970.
      "CREATE TABLE @messages (id bigint PRIMARY KEY, shard bigint NOT NULL, "
      "payload_hash bigint NOT NULL, deliver_at bigint, taken bigint NOT NULL, "
      "told bigint NOT NULL DEFAULT 0, answered_at timestamptz, answer_kind smallint, "
      "is_interrupted boolean NOT NULL DEFAULT false, was_taken boolean NOT NULL DEFAULT false, "
      "is_again boolean NOT NULL DEFAULT false, grp bytea NOT NULL, entity bytea NOT NULL, "
      "instance bytea NOT NULL, rpc bytea NOT NULL, key bytea, call_key bytea, "
      "payload bytea NOT NULL, context bytea NOT NULL, answer bytea) WITH (fillfactor = 90)",
      "CREATE UNIQUE INDEX pando_messages_key ON @messages (call_key) WHERE call_key IS NOT NULL",
      "CREATE INDEX pando_messages_waiting ON @messages (grp, shard, id) "
      "WHERE answer_kind IS NULL AND deliver_at IS NULL",
      "CREATE INDEX pando_messages_due ON @messages (grp, shard, deliver_at) "
      "WHERE answer_kind IS NULL AND deliver_at IS NOT NULL",
      "CREATE INDEX pando_messages_interrupted ON @messages (grp, shard, id) "
      "WHERE answer_kind IS NULL AND is_interrupted",
      "CREATE INDEX pando_messages_answered ON @messages (answered_at) "
      "WHERE answered_at IS NOT NULL",
      "CREATE TABLE @values (name bytea PRIMARY KEY, value bytea NOT NULL) WITH (fillfactor = 50)",
  }, {
      // The last chunk of a message stays while the message does.
      "CREATE TABLE @chunks (id bigint NOT NULL, sequence bigint NOT NULL, "
      "items bigint NOT NULL, is_acknowledged boolean NOT NULL DEFAULT false, "
      "said bigint NOT NULL DEFAULT 0, payload bytea NOT NULL, PRIMARY KEY (id, sequence))",
  }, {
      // Those that ended in a failure, or could not be read, for whoever looks after the storage.
      "CREATE INDEX pando_messages_failed ON @messages (answer_kind, answered_at) "
      "WHERE answer_kind IN (3, 5)",
  }};
  return all;
}

/// Texts that make tables, as one transaction. Gives false when somebody else did so at the same
/// time, and nothing was done: two who create one thing collide in the server's own tables.
PANDO_LAZY_BODY task<bool> postgres_store::ddl(std::vector<std::string> texts,
                                               std::optional<int> from) {
  postgres::batch work;
  // Whoever comes second waits here for the first, and fails: the column takes no null.
  if (from)
    work.add(sql("UPDATE @schema SET version = CASE WHEN version = $1 THEN $1 + 1 END"), *from);
  for (auto const& text : texts) work.add(text);
  work.within((std::max)(options_.timeout, milliseconds(30'000)));
  std::optional<postgres::error> failed;
  try {
    co_await messages().transaction(std::move(work));
  } catch (postgres::error const& why) {
    failed = why;
  }
  if (!failed) co_return true;
  // Not null, unique, there already (a table, a schema), changed at the same time.
  constexpr std::array<std::string_view, 6> others{"23502", "23505", "42P07",
                                                   "42P06", "42710", "XX000"};
  bool const is_others = failed->is_conflict() || std::find(others.begin(), others.end(),
                                                            failed->sqlstate()) != others.end();
  if (is_others && !failed->is_outcome_unknown()) co_return false;
  throw as_storage_error(*failed, false);
}

/// One step towards the tables of this version. Gives whether they are there.
PANDO_LAZY_BODY task<bool> postgres_store::migrate_once() {
  auto const newest = static_cast<int>(postgres_migrations().size());
  postgres::statement ask("SELECT to_regclass($1) IS NOT NULL", sql("@schema"));
  postgres::result const there = co_await run(messages(), std::move(ask), postgres_work::reads);
  if (!there.front().get<bool>(0)) {
    std::vector<std::string> texts;
    // Who may not create schemas is content with one that is there.
    if (!options_.schema.empty()) {
      postgres::statement find("SELECT to_regnamespace($1) IS NOT NULL",
                               prefix_.substr(0, prefix_.rfind('.')));
      postgres::result const found =
          co_await run(messages(), std::move(find), postgres_work::reads);
      if (!found.front().get<bool>(0))
        texts.push_back("CREATE SCHEMA " + prefix_.substr(0, prefix_.rfind('.')));
    }
    texts.push_back(sql("CREATE TABLE @schema (only_one, version) AS SELECT true, 0::bigint"));
    texts.push_back(sql("ALTER TABLE @schema ADD PRIMARY KEY (only_one), ADD CHECK (only_one), "
                        "ALTER version SET NOT NULL"));
    (void)co_await ddl(std::move(texts), std::nullopt);
    co_return false;
  }
  postgres::statement look(sql("SELECT version FROM @schema"));
  postgres::result const rows = co_await run(messages(), std::move(look), postgres_work::reads);
  auto const version = rows.empty() ? 0 : rows.front().get<std::int64_t>(0);
  if (version == newest) co_return true;
  if (version > newest || version < 0 || rows.empty())
    throw storage_error(storage_fault::incompatible,
                        "postgres: the tables are of version " + std::to_string(version) +
                            ", and this program knows " + std::to_string(newest) +
                            " at most: run a newer build of it, or choose another schema");
  std::vector<std::string> texts;
  for (auto const text : postgres_migrations()[static_cast<std::size_t>(version)])
    texts.push_back(sql(text));
  (void)co_await ddl(std::move(texts), static_cast<int>(version));
  co_return false;
}

} // namespace pando::store::detail

#endif
