// The tables, and how they came to be: one step for each version.
#pragma once

#include <pando/store/detail/sqlite_tables.hpp>
#include <pando/store/sqlite_transaction.hpp>

namespace pando::store::detail {

/// What each version adds, in order: never changed once it was released, only added to.
inline constexpr char const* table_versions[] = {
    // Times: `ends`, `seen`, `came` since the machine started; `due`, `answered` since 1970; ms.
    "CREATE TABLE pando_groups(name TEXT PRIMARY KEY, shards INTEGER NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE pando_runners(address TEXT PRIMARY KEY, incarnation INTEGER NOT NULL UNIQUE,"
    " machine INTEGER NOT NULL, weight REAL NOT NULL, healthy INTEGER NOT NULL,"
    " seen INTEGER NOT NULL, came INTEGER NOT NULL, process INTEGER NOT NULL,"
    " started INTEGER NOT NULL, space TEXT NOT NULL) WITHOUT ROWID;"
    "CREATE TABLE pando_shards(grp TEXT NOT NULL, shard INTEGER NOT NULL,"
    " incarnation INTEGER NOT NULL, epoch INTEGER NOT NULL, ends INTEGER NOT NULL,"
    " PRIMARY KEY(grp, shard)) WITHOUT ROWID;"
    "CREATE INDEX pando_owned ON pando_shards(incarnation);"
    // due: 0 for at once. taken: by the owner of this epoch; had: by one before it. ask: 1 to end,
    // 2 the owner was told so. answered: when, or null.
    "CREATE TABLE pando_messages(id INTEGER PRIMARY KEY, grp TEXT NOT NULL,"
    " shard INTEGER NOT NULL, entity TEXT NOT NULL, instance TEXT NOT NULL, rpc TEXT NOT NULL,"
    " key BLOB, hash INTEGER NOT NULL, due INTEGER NOT NULL, taken INTEGER NOT NULL,"
    " had INTEGER NOT NULL DEFAULT 0, ask INTEGER NOT NULL DEFAULT 0, answered INTEGER,"
    " kind INTEGER, payload BLOB NOT NULL, context BLOB NOT NULL, answer BLOB);"
    "CREATE UNIQUE INDEX pando_keys ON pando_messages(entity, instance, rpc, key)"
    " WHERE key IS NOT NULL;"
    "CREATE INDEX pando_waiting ON pando_messages(grp, shard, taken, due)"
    " WHERE answered IS NULL;"
    "CREATE INDEX pando_asked ON pando_messages(grp, shard) WHERE ask = 1 AND answered IS NULL;"
    "CREATE INDEX pando_answered ON pando_messages(answered) WHERE answered IS NOT NULL;"
    "CREATE TABLE pando_values(name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;"
    "INSERT INTO pando_about VALUES('incarnation', 0);",
    // The last chunk of a message stays while the message does; `had`: it was acknowledged.
    // said: how often something of the message was, since this one is the last.
    "CREATE TABLE pando_chunks(id INTEGER NOT NULL, sequence INTEGER NOT NULL,"
    " items INTEGER NOT NULL, had INTEGER NOT NULL DEFAULT 0,"
    " said INTEGER NOT NULL DEFAULT 0, payload BLOB NOT NULL,"
    " PRIMARY KEY(id, sequence)) WITHOUT ROWID;",
    // Those that ended in a failure, or could not be read, for whoever looks after the storage.
    "CREATE INDEX pando_failed ON pando_messages(kind, answered) WHERE kind IN (3, 5);",
};
inline constexpr std::int64_t last_version = std::ssize(table_versions);

struct tables_found {
  std::int64_t version = 0;
  std::string boot{};
};

inline tables_found look_for_tables(sqlite::database& in) {
  tables_found found;
  auto table = in.prepare("SELECT 1 FROM sqlite_schema WHERE name = 'pando_about'");
  if (!table.step()) return found;
  auto rows = in.prepare("SELECT name, value FROM pando_about WHERE name IN ('version', 'boot')");
  while (rows.step()) {
    if (rows.text(0) == "version")
      found.version = rows.integer(1);
    else
      found.boot = rows.text(1);
  }
  if (found.version > last_version)
    throw storage_error(storage_fault::incompatible,
                        "sqlite: the storage in " + in.path() + " has tables of version " +
                            std::to_string(found.version) + ", and this program knows them up to " +
                            std::to_string(last_version) + "; run a newer build of it");
  return found;
}

PANDO_INLINE void make_tables(sqlite::database& in, std::string const& boot) {
  auto found = look_for_tables(in);
  if (found.version == last_version && found.boot == boot) return;
  sqlite::transaction all(in);
  found = look_for_tables(in); // somebody may have come first
  if (found.version == 0)
    in.execute("CREATE TABLE IF NOT EXISTS pando_about(name TEXT PRIMARY KEY, value)"
               " WITHOUT ROWID");
  for (auto next = found.version; next < last_version; ++next)
    in.execute(table_versions[static_cast<std::size_t>(next)]);
  if (found.version != last_version)
    in.run("INSERT OR REPLACE INTO pando_about VALUES('version', ?)", last_version);
  if (found.boot != boot) { // times of another start mean nothing now
    in.execute("UPDATE pando_shards SET ends = 0; DELETE FROM pando_runners");
    in.run("INSERT OR REPLACE INTO pando_about VALUES('boot', ?)", boot);
  }
  all.commit();
}

} // namespace pando::store::detail
