// Entities of Effect's cluster over two processes and TCP on loopback, a runner and one that only
// calls: microseconds of a call, the median, one at a time (`one`), calls a second with 256 in
// flight over 1,000 entities (`many`), and items of a stream a second (`stream`). Prints lines
// NAME<tab>NUMBER.
//
// npm install, then: node runners.mjs [SECONDS]
// SECONDS is how long a measurement runs (2). The processes share no storage: the caller is told
// where the runner is, so that no call waits for any. A runner's address is a host and a port, so
// there are no Unix sockets. Of what NodeClusterSocket and NodeClusterHttp offer, the fastest for
// each: calls go over a bare socket as lines of JSON, the stream over a WebSocket in binary (over
// the bare socket every chunk waits for an acknowledgement of TCP).
import { fork } from "node:child_process";
import { createServer } from "node:net";
import * as NodeClusterHttp from "@effect/platform-node/NodeClusterHttp";
import * as NodeClusterSocket from "@effect/platform-node/NodeClusterSocket";
import * as NodeRuntime from "@effect/platform-node/NodeRuntime";
import { Effect, Layer, Option, Schema, Stream } from "effect";
import {
  ClusterSchema, Entity, MessageStorage, Runner, RunnerAddress, RunnerStorage,
} from "effect/cluster";
import { Rpc } from "effect/rpc";
import { config, inFlight, now, print, quiet, rate, warmIds, warmUpCalls } from "./common.mjs";

const items = 400_000;

const Counter = Entity.make("Counter", [
  Rpc.make("Increment", { payload: { amount: Schema.Number }, success: Schema.Number }),
  Rpc.make("Numbers", {
    payload: { first: Schema.Number, last: Schema.Number },
    success: Schema.Number,
    stream: true,
  }),
]).annotate(ClusterSchema.ClientTracingEnabled, false);

const counters = Counter.toLayer(
  Effect.sync(() => {
    let count = 0;
    return Counter.of({
      Increment: ({ payload }) => Effect.sync(() => (count += payload.amount)),
      Numbers: ({ payload }) => Stream.range(payload.first, payload.last - 1),
    });
  }),
);

const ways = {
  socket: (options) => NodeClusterSocket.layer({ serialization: "ndjson", ...options }),
  websocket: (options) => NodeClusterHttp.layer({ transport: "websocket", ...options }),
};
const addressOf = (port) => RunnerAddress.make("127.0.0.1", port);

const runner = (way, port) =>
  counters.pipe(
    Layer.provide(
      ways[way]({
        storage: "local",
        shardingConfig: { ...config, runnerAddress: Option.some(addressOf(port)) },
      }),
    ),
  );

// Knows the one runner there is.
const oneRunner = (port) =>
  Layer.effect(
    RunnerStorage.RunnerStorage,
    Effect.gen(function* () {
      const storage = yield* RunnerStorage.makeMemory;
      const there = Runner.make({ address: addressOf(port), groups: ["default"], weight: 1 });
      yield* storage.register(there, true);
      return storage;
    }),
  );
const caller = (way, port) =>
  ways[way]({ clientOnly: true, storage: "byo", shardingConfig: config }).pipe(
    Layer.provide([oneRunner(port), MessageStorage.layerNoop]),
  );

const median = (all) => all.sort((a, b) => a - b)[all.length >> 1];

const calls = (seconds) =>
  Effect.gen(function* () {
    const clientOf = yield* Counter.client;
    const clients = Array.from({ length: warmIds }, (_, i) => clientOf(`warm-${i}`));
    const many = (n) => clients[n % warmIds].Increment({ amount: 1 });
    yield* rate(1, many, Infinity, warmIds);
    yield* rate(inFlight, many, Infinity, warmUpCalls);
    const took = [];
    const timed = Effect.suspend(() => {
      const began = now();
      return Effect.map(clients[0].Increment({ amount: 1 }), () => {
        took.push((now() - began) * 1e6);
      });
    });
    yield* rate(1, () => timed, seconds);
    yield* print("one", median(took));
    yield* print("many", yield* rate(inFlight, many, seconds));
  });

const stream = Effect.gen(function* () {
  const clientOf = yield* Counter.client;
  const count = Stream.runCount(clientOf("one").Numbers({ first: 0, last: items }));
  yield* count; // so that the engine has compiled it
  const began = now();
  const got = yield* count;
  if (got !== items) return yield* Effect.die(new Error(`the stream has ${got} items`));
  yield* print("stream", got / (now() - began));
});

const freePort = () =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

// `body` with a runner in a process of its own.
const beside = (way, body) =>
  Effect.gen(function* () {
    const port = yield* Effect.promise(freePort);
    const child = yield* Effect.acquireRelease(
      Effect.sync(() => fork(import.meta.filename, ["runner", way, String(port)])),
      (child) => Effect.sync(() => child.disconnect()),
    );
    yield* Effect.promise(
      () =>
        new Promise((resolve, reject) => {
          child.once("message", resolve);
          child.once("exit", () => reject(new Error("the runner ended")));
        }),
    );
    yield* Effect.provide(body, caller(way, port));
  }).pipe(Effect.scoped);

const main = () => {
  const [, , first, way, port] = process.argv;
  if (first !== "runner") {
    const both = Effect.andThen(beside("socket", calls(Number(first ?? 2))),
      beside("websocket", stream));
    return Effect.provide(both, quiet);
  }
  process.on("disconnect", () => process.exit(0));
  const listening = Layer.effectDiscard(Effect.sync(() => process.send("listening")));
  return Layer.launch(
    listening.pipe(Layer.provide(runner(way, Number(port))), Layer.provide(quiet)),
  );
};

NodeRuntime.runMain(main());
