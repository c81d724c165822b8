/**
 * One process of the fleet: makes a few calls at once, and says what became of them.
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"
import * as RedisCredentialStore from "effect-thingspace-auth/RedisCredentialStore"

const ThingSpace = ThingSpaceHttpClient.layerConfig().pipe(
  Layer.provide([RedisCredentialStore.layerConfig(), NodeHttpClient.layerUndici])
)

const call = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const { status } = yield* client.get(`/api/m2m/v1/accounts/${yield* Config.string("THINGSPACE_ACCOUNT")}`)
  return `status ${status}`
}).pipe(
  Effect.catchTags({
    SessionError: ({ errorCode }) => Effect.succeed(errorCode),
    LoginBlocked: ({ reason }) => Effect.succeed(`LoginBlocked (${reason})`)
  })
)

await Effect.all(Effect.replicate(call, 5), { concurrency: "unbounded" }).pipe(
  Effect.flatMap((outcomes) => Console.log([...new Set(outcomes)].join(", "))),
  Effect.provide(ThingSpace),
  Logger.withMinimumLogLevel(LogLevel.Error),
  Effect.runPromise
)
