/**
 * Decides with a Schedule how long a session is kept warm while nobody uses it: here for two idle times, then no longer,
 * until a request comes. The platform's idle time of 20 minutes is one second in this program.
 *
 *     npm run example -- idle-relogin
 */
import * as Clock from "effect/Clock"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import { SessionSource, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults

const warmForTwoIdleTimes = SessionSource.onIdleExpiry.pipe(Schedule.intersect(Schedule.recurs(2)))

const program = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const start = yield* Clock.currentTimeMillis

  yield* client.get(`/api/m2m/v1/accounts/${account}`)
  yield* Effect.sleep("3500 millis")
  yield* client.get(`/api/m2m/v1/accounts/${account}`)

  for (const { at, path } of yield* emulator.exchanges) {
    const seconds = ((at - start) / 1000).toFixed(1)
    if (path.endsWith("/session/login")) yield* Console.log(`${seconds} s  login`)
    if (path.endsWith(account)) yield* Console.log(`${seconds} s  request`)
  }
})

const ThingSpace = ThingSpaceHttpClient.layer({
  ...ThingSpaceEmulator.credentials,
  idleTimeout: "1 second",
  relogin: warmForTwoIdleTimes
  // NodeHttpClient.layerUndici in production.
}).pipe(Layer.provideMerge(ThingSpaceEmulator.layer({ sessionIdle: "1 second" })))

await Effect.runPromise(Effect.provide(program, ThingSpace))
