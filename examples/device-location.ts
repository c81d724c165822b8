/**
 * Asks where two devices are. The platform finds one of them; for the other it answers, in the same list, why it cannot.
 *
 *     npm run example -- device-location
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults

const Found = Schema.Struct({
  msid: Schema.String,
  pd: Schema.Struct({ x: Schema.NumberFromString, y: Schema.NumberFromString, radius: Schema.NumberFromString })
})

const NotFound = Schema.Struct({
  msid: Schema.String,
  error: Schema.Struct({ type: Schema.String, info: Schema.String })
})

const Locations = Schema.Array(Schema.Union(Found, NotFound))

const request = HttpClientRequest.post("/api/loc/v1/locations").pipe(
  HttpClientRequest.bodyUnsafeJson({
    accountName: account,
    accuracyMode: "0",
    cacheMode: "1",
    deviceList: [
      { id: "980003420535573", kind: "imei", mdn: "7892345678" },
      { id: "375535024300089", kind: "imei", mdn: "7897654321" }
    ]
  })
)

const program = Effect.gen(function* () {
  const client = HttpClient.filterStatusOk(yield* ThingSpaceHttpClient.ThingSpaceHttpClient)
  const locations = yield* Effect.flatMap(client.execute(request), HttpClientResponse.schemaBodyJson(Locations))
  for (const location of locations) {
    yield* Console.log(
      "pd" in location
        ? `${location.msid} is at ${location.pd.x}, ${location.pd.y}, within ${location.pd.radius} m`
        : `${location.msid} was not found: ${location.error.type}, ${location.error.info}`
    )
  }
})

const ThingSpace = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  // NodeHttpClient.layerUndici in production.
  Layer.provide(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, ThingSpace))
