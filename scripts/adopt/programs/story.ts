/**
 * A user's program: a token and a session that end under it, in memory, on any runtime.
 */
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults

const program = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const before = yield* client.get(`/api/m2m/v1/accounts/${account}`)
  yield* emulator.revokeAll
  yield* emulator.endSessions
  const after = yield* client.get(`/api/m2m/v1/accounts/${account}`)
  const exchanges = yield* emulator.exchanges
  yield* Console.log(`${before.status}, ${after.status}, ${exchanges.length} exchanges`)
})

const ThingSpaceTest = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await Effect.runPromise(program.pipe(Effect.provide(ThingSpaceTest), Logger.withMinimumLogLevel(LogLevel.None)))
