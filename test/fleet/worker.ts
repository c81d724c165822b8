/**
 * One process of a fleet: makes the calls that its parent asks for, and says what became of them.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as RedisCredentialStore from "../../src/RedisCredentialStore.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"

const runtime = ManagedRuntime.make(
  ThingSpaceHttpClient.layerConfig().pipe(
    Layer.provide(RedisCredentialStore.layerConfig(process.argv[2] === "hasty" ? { leaseTime: "2 seconds" } : {})),
    Layer.provide(FetchHttpClient.layer)
  )
)

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  client.get(`/api/m2m/v1/accounts/${process.env.THINGSPACE_ACCOUNT}`)
).pipe(Effect.match({ onSuccess: ({ status }) => `${status}`, onFailure: ({ _tag }) => _tag }))

process.on("message", (times: number) => {
  const calls = Effect.all(Effect.replicate(call, times), { concurrency: "unbounded" })
  void runtime.runPromise(calls).then((outcomes) => process.send?.(outcomes))
})
process.on("disconnect", () => process.exit())
process.send?.("ready")
