/**
 * A program that makes one call, closes nothing, and has nothing left to do.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Schedule from "effect/Schedule"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as ThingSpaceTransport from "../../src/ThingSpaceTransport.js"

const runtime = ManagedRuntime.make(
  ThingSpaceHttpClient.layerConfig(process.argv[2] === "never" ? { relogin: Schedule.stop } : {}).pipe(
    Layer.provide(ThingSpaceTransport.layer)
  )
)

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  client.get(`/api/m2m/v1/accounts/${process.env.THINGSPACE_ACCOUNT}`)
).pipe(Effect.flatMap((response) => Effect.as(response.text, response.status)))

void runtime.runPromise(call).then((status) => process.send?.(status))
