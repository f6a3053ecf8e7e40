// Entities of Effect's cluster in one process: calls a second one at a time (`one`), with 256 in
// flight over 1,000 warm entities (`many`), to ids that nobody called before (`fresh`), and bytes
// of heap an idle entity holds (`idle`). `persisted_one` and `persisted_many` are the same calls
// with a primary key, kept in a SQLite file before they are handled; they need a Node that has
// `node:sqlite` (22.19 or newer) and are left out without it. Prints lines NAME<tab>NUMBER.
//
// npm install, then: node --expose-gc main.mjs [SECONDS] [FOLDER]
// SECONDS is how long each measurement runs (1). The SQLite file is in a new folder inside FOLDER
// (the system's folder for temporary files), which is removed at the end.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import * as NodeRuntime from "@effect/platform-node/NodeRuntime";
import { Duration, Effect, Layer, References, Schema, Semaphore, Stream } from "effect";
import {
  ClusterSchema, Entity, MessageStorage, RunnerHealth, RunnerStorage, Runners, Sharding,
  ShardingConfig, SingleRunner,
} from "effect/cluster";
import { Digest } from "effect/crypto";
import { Reactivity } from "effect/reactivity";
import { Rpc } from "effect/rpc";
import { SqlClient, SqlError, Statement } from "effect/sql";

const seconds = Number(process.argv[2] ?? 1);
const folder = process.argv[3] ?? tmpdir();
const inFlight = 256;
const warmIds = 1_000;
const freshIds = 5_000;
const idleIds = 5_000;
const warmUpCalls = 40_000; // enough that the engine has compiled all that a call runs

const Counter = Entity.make("Counter", [
  Rpc.make("Increment", { payload: { amount: Schema.Number }, success: Schema.Number }),
  Rpc.make("Ready"),
]).annotate(ClusterSchema.ClientTracingEnabled, false);

const StoredCounter = Entity.make("StoredCounter", [
  Rpc.make("Increment", {
    payload: { amount: Schema.Number, key: Schema.String },
    success: Schema.Number,
    primaryKey: (payload) => payload.key,
  }).annotate(ClusterSchema.Persisted, true),
  Rpc.make("Ready"),
]).annotate(ClusterSchema.ClientTracingEnabled, false);

const hosted = (entity) =>
  entity.toLayer(
    Effect.sync(() => {
      let count = 0;
      return entity.of({
        Increment: ({ payload }) => Effect.sync(() => (count += payload.amount)),
        Ready: () => Effect.void,
      });
    }),
  );

// Nothing that only watches or simulates: no spans, no logs but errors, no encoding of calls that
// stay in the process, no end of idle entities, no limit of how many there are.
const config = {
  simulateRemoteSerialization: false,
  entityMaxIdleTime: Duration.infinity,
  entityMailboxCapacity: "unbounded",
  maxResidentEntities: "unbounded",
};
const quiet = Layer.mergeAll(
  Layer.succeed(References.TracerEnabled, false),
  Layer.succeed(References.MinimumLogLevel, "Error"),
);

const volatileRunner = Sharding.layer.pipe(
  Layer.provideMerge(Runners.layerNoop),
  Layer.provide([MessageStorage.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer(config)),
);

// A SQL client over one connection of Node's own SQLite, which keeps prepared statements (some
// have lists of ids in them and do not come again, so not for ever).
const sqliteClient = (sqlite, filename) =>
  Effect.gen(function* () {
    const database = yield* Effect.acquireRelease(
      Effect.sync(() => new sqlite.DatabaseSync(filename)),
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

const storedRunner = (sqlite, filename) =>
  SingleRunner.layer({ shardingConfig: config, runnerStorage: "memory" }).pipe(
    Layer.provide([
      Layer.effect(SqlClient.SqlClient, sqliteClient(sqlite, filename)),
      Digest.layerWebCrypto,
    ]),
    Layer.provide(Reactivity.layer),
  );

const now = () => performance.now() / 1_000;
const print = (name, number) => Effect.sync(() => console.log(`${name}\t${Math.round(number)}`));

// Calls a second of `callers` fibers, each of which runs `call(n)` again and again, with a number
// n that is different in every call; at most `limit` calls.
const rate = (callers, call, forSeconds = seconds, limit = Infinity) =>
  Effect.gen(function* () {
    let started = 0;
    const begin = now();
    const caller = Effect.whileLoop({
      while: () => started < limit && now() - begin < forSeconds,
      body: () => call(started++),
      step: () => {},
    });
    yield* Effect.all(Array(callers).fill(caller), { concurrency: "unbounded", discard: true });
    return started / (now() - begin);
  });

// Calls one entity one at a time, then `warmIds` entities with many calls in flight.
const measure = (prefix, entity, payload, warmUp) =>
  Effect.gen(function* () {
    const clientOf = yield* entity.client;
    const ids = Array.from({ length: warmIds }, (_, i) => `warm-${i}`);
    const clients = ids.map((id) => clientOf(id));
    const one = (n) => clients[0].Increment(payload(n));
    const many = (n) => clients[n % warmIds].Increment(payload(n));
    yield* rate(1, (n) => clients[n].Ready(), Infinity, warmIds);
    yield* rate(1, one, warmUp, warmUpCalls);
    yield* print(`${prefix}one`, yield* rate(1, one));
    yield* rate(inFlight, many, warmUp, warmUpCalls);
    yield* print(`${prefix}many`, yield* rate(inFlight, many));
  });

const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

const volatile = Effect.gen(function* () {
  yield* measure("", Counter, () => ({ amount: 1 }), Infinity);
  const clientOf = yield* Counter.client;
  const first = (kind) => (n) => clientOf(`${kind}-${n}`).Increment({ amount: 1 });
  yield* print("fresh", yield* rate(1, first("fresh"), seconds, freshIds));
  const before = heap();
  yield* rate(1, first("idle"), Infinity, idleIds);
  yield* print("idle", (heap() - before) / idleIds);
});

const run = (entity, runner, body) =>
  body.pipe(
    Effect.provide(hosted(entity).pipe(Layer.provideMerge(runner), Layer.provideMerge(quiet))),
  );

const main = Effect.gen(function* () {
  yield* run(Counter, volatileRunner, volatile);
  const sqlite = yield* Effect.promise(() => import("node:sqlite").catch(() => undefined));
  if (!sqlite) return;
  const directory = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(folder, "entities-effect-"))),
    (directory) => Effect.sync(() => rmSync(directory, { recursive: true })),
  );
  let key = 0;
  const payload = () => ({ amount: 1, key: `key-${key++}` });
  const stored = measure("persisted_", StoredCounter, payload, seconds);
  yield* run(StoredCounter, storedRunner(sqlite, join(directory, "messages.db")), stored);
});

NodeRuntime.runMain(Effect.scoped(main));
