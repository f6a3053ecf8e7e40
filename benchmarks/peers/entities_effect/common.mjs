// What the measurements of Effect's entities share.
import { Duration, Effect, Layer, References } from "effect";

export const inFlight = 256;
export const warmIds = 1_000;
export const warmUpCalls = 40_000; // enough that the engine has compiled all that a call runs

// Nothing that only watches or simulates: no spans, no logs but errors, no encoding of calls that
// stay in the process, no end of idle entities, no limit of how many there are.
export const config = {
  simulateRemoteSerialization: false,
  entityMaxIdleTime: Duration.infinity,
  entityMailboxCapacity: "unbounded",
  maxResidentEntities: "unbounded",
};
export const quiet = Layer.mergeAll(
  Layer.succeed(References.TracerEnabled, false),
  Layer.succeed(References.MinimumLogLevel, "Error"),
);

export const now = () => performance.now() / 1_000;
export const print = (name, number) =>
  Effect.sync(() => console.log(`${name}\t${Number(number.toFixed(1))}`));

// Calls a second of `callers` fibers, each of which runs `call(n)` again and again, with a number
// n that is different in every call; at most `limit` calls.
export const rate = (callers, call, forSeconds, limit = Infinity) =>
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
