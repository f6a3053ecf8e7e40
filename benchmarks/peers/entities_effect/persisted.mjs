// Persisted calls of Effect's entities in one process, on a SQLite file or on PostgreSQL: calls a
// second with 256 in flight over 1,000 entities (`plain`), the same by primary key (`keyed`) and
// with handlers that suspend (`later`), and one at a time (`alone`). Prints lines NAME<tab>NUMBER.
//
// npm install, then: node persisted.mjs FILE|URL [SECONDS] [sql]
// SECONDS is how long each measurement runs (1). With `sql` the store also has the runner and its
// shards, as when there may be others, and a reply is written after a look at the shard's lock;
// without it the runner is taken for the only one.
import * as NodeCrypto from "@effect/platform-node/NodeCrypto";
import * as NodeRuntime from "@effect/platform-node/NodeRuntime";
import * as PgClient from "@effect/sql-pg/PgClient";
import { Effect, Layer, Redacted, Schema } from "effect";
import { ClusterSchema, Entity, SingleRunner } from "effect/cluster";
import { Rpc } from "effect/rpc";
import { config, inFlight, print, quiet, rate, warmIds } from "./common.mjs";

const store = process.argv[2];
const seconds = Number(process.argv[3] ?? 1);
const runnerStorage = process.argv[4] === "sql" ? "sql" : "memory";
const warmUpSeconds = 2; // that the engine has compiled all that a call runs

const charge = {
  payload: { order: Schema.String, note: Schema.String },
  success: Schema.Struct({ order: Schema.String, total: Schema.Number }),
};
const stored = (name, more) =>
  Rpc.make(name, { ...charge, ...more }).annotate(ClusterSchema.Persisted, true);
const Account = Entity.make("Account", [
  Rpc.make("Ready"),
  stored("Plain"),
  stored("Keyed", { primaryKey: (payload) => payload.order }),
  stored("Later"),
]).annotate(ClusterSchema.ClientTracingEnabled, false);

const accounts = Account.toLayer(
  Effect.sync(() => {
    let total = 0;
    const add = ({ payload }) => Effect.sync(() => ({ order: payload.order, total: ++total }));
    return Account.of({
      Ready: () => Effect.void,
      Plain: add,
      Keyed: add,
      Later: (request) => Effect.andThen(Effect.yieldNow, add(request)),
    });
  }),
);

const client = /^postgres(ql)?:/.test(store)
  ? PgClient.layer({ url: Redacted.make(store), multiplex: true, maxConnections: 10 })
  : (await import("./sqlite.mjs")).layer(store);
const runner = SingleRunner.layer({ shardingConfig: config, runnerStorage }).pipe(
  Layer.provide([client, NodeCrypto.layerDigest]),
);

let last = 0;
const main = Effect.gen(function* () {
  const clientOf = yield* Account.client;
  const clients = Array.from({ length: warmIds }, (_, i) => clientOf(`a${i}`));
  yield* rate(1, (n) => clients[n].Ready(), Infinity, warmIds);
  const call = (rpc) => () => {
    const number = ++last;
    const order = `order-${number}`;
    const note = "a note of some length, as is";
    return Effect.map(clients[(number * 7919) % warmIds][rpc]({ order, note }), (got) => {
      if (got.order !== order) throw new Error(`${order} has the answer of ${got.order}`);
    });
  };
  yield* rate(inFlight, call("Plain"), warmUpSeconds);
  yield* print("plain", yield* rate(inFlight, call("Plain"), seconds));
  yield* print("keyed", yield* rate(inFlight, call("Keyed"), seconds));
  yield* print("later", yield* rate(inFlight, call("Later"), seconds));
  yield* rate(1, call("Plain"), warmUpSeconds / 4);
  yield* print("alone", yield* rate(1, call("Plain"), seconds));
});

const layer = accounts.pipe(Layer.provideMerge(runner), Layer.provideMerge(quiet));
NodeRuntime.runMain(Effect.provide(main, layer));
