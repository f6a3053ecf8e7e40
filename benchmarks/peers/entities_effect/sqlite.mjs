// A SQLite file for Effect's SQL. @effect/sql-sqlite-node has no release for Effect 4.1 (its last
// ones are for 3 and for a beta of 4 that imports what 4.1 no longer has), so this is a client of
// its own over `node:sqlite`, which Node has from 22.5.
import { DatabaseSync } from "node:sqlite";
import { Effect, Layer, Semaphore, Stream } from "effect";
import { Reactivity } from "effect/reactivity";
import { SqlClient, SqlError, Statement } from "effect/sql";

// A SQL client over one connection of Node's own SQLite, which keeps prepared statements (some
// have lists of ids in them and do not come again, so not for ever).
const sqliteClient = (filename) =>
  Effect.gen(function* () {
    const database = yield* Effect.acquireRelease(
      Effect.sync(() => new DatabaseSync(filename)),
      (database) => Effect.sync(() => database.close()),
    );
    database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
    const prepared = new Map();
    const prepare = (sql) => {
      let statement = prepared.get(sql);
      if (statement) return statement;
      if (prepared.size === 200) prepared.clear();
      prepared.set(sql, (statement = database.prepare(sql)));
      return statement;
    };
    const query = (sql, params, transform) =>
      Effect.try({
        try: () => {
          const rows = prepare(sql).all(...params);
          return transform ? transform(rows) : rows;
        },
        catch: (cause) => new SqlError.SqlError({ reason: SqlError.classifySqliteError(cause) }),
      });
    const values = (sql, params) =>
      Effect.map(query(sql, params), (rows) => rows.map((row) => Object.values(row)));
    const connection = {
      execute: query,
      executeRaw: query,
      executeUnprepared: query,
      executeValues: values,
      executeValuesUnprepared: values,
      executeStream: (sql, params, transform) =>
        Stream.unwrap(Effect.map(query(sql, params, transform), Stream.fromIterable)),
    };
    return yield* SqlClient.make({
      ...SqlClient.makeSqliteAcquirers({
        connection: Effect.succeed(connection),
        semaphore: yield* Semaphore.make(1),
        isTransaction: () => database.isTransaction,
      }),
      compiler: Statement.makeCompilerSqlite(),
      driver: "sqlite-node",
      prepareTransactionControls: true,
      spanAttributes: [],
    });
  });

export const layer = (filename) =>
  Layer.effect(SqlClient.SqlClient, sqliteClient(filename)).pipe(Layer.provide(Reactivity.layer));
