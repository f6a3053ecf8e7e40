// Entities of Effect's cluster in one process: calls a second one at a time (`one`), with 256 in
// flight over 1,000 warm entities (`many`), to ids that nobody called before (`fresh`), and bytes
// of heap an idle entity holds (`idle`). Prints lines NAME<tab>NUMBER.
//
// npm install, then: node --expose-gc main.mjs [SECONDS]
// SECONDS is how long each measurement runs (1).
import * as NodeRuntime from "@effect/platform-node/NodeRuntime";
import { Effect, Layer, Schema } from "effect";
import {
  ClusterSchema, Entity, MessageStorage, RunnerHealth, RunnerStorage, Runners, Sharding,
  ShardingConfig,
} from "effect/cluster";
import { Rpc } from "effect/rpc";
import { config, inFlight, print, quiet, rate, warmIds, warmUpCalls } from "./common.mjs";

const seconds = Number(process.argv[2] ?? 1);
const freshIds = 5_000;
const idleIds = 5_000;

const Counter = Entity.make("Counter", [
  Rpc.make("Increment", { payload: { amount: Schema.Number }, success: Schema.Number }),
]).annotate(ClusterSchema.ClientTracingEnabled, false);

const counters = Counter.toLayer(
  Effect.sync(() => {
    let count = 0;
    return Counter.of({
      Increment: ({ payload }) => Effect.sync(() => (count += payload.amount)),
    });
  }),
);

const runner = Sharding.layer.pipe(
  Layer.provideMerge(Runners.layerNoop),
  Layer.provide([MessageStorage.layerNoop, RunnerStorage.layerMemory, RunnerHealth.layerNoop]),
  Layer.provide(ShardingConfig.layer(config)),
);

const heap = () => {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed;
};

const main = Effect.gen(function* () {
  const clientOf = yield* Counter.client;
  const clients = Array.from({ length: warmIds }, (_, i) => clientOf(`warm-${i}`));
  const one = () => clients[0].Increment({ amount: 1 });
  const many = (n) => clients[n % warmIds].Increment({ amount: 1 });
  yield* rate(1, many, Infinity, warmIds);
  yield* rate(1, one, Infinity, warmUpCalls);
  yield* print("one", yield* rate(1, one, seconds));
  yield* rate(inFlight, many, Infinity, warmUpCalls);
  yield* print("many", yield* rate(inFlight, many, seconds));

  const first = (kind) => (n) => clientOf(`${kind}-${n}`).Increment({ amount: 1 });
  yield* print("fresh", yield* rate(1, first("fresh"), seconds, freshIds));
  const before = heap();
  yield* rate(1, first("idle"), Infinity, idleIds);
  yield* print("idle", (heap() - before) / idleIds);
});

const layer = counters.pipe(Layer.provideMerge(runner), Layer.provideMerge(quiet));
NodeRuntime.runMain(Effect.provide(main, layer));
