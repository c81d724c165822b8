/**
 * Describes two of the platform's endpoints as an `HttpApi`, and calls them by name: `layerHttpClient` is the
 * authenticated client as the plain `HttpClient` that `HttpApiClient` and generated clients ask for.
 *
 *     npm run example -- http-api-client
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

const { account } = ThingSpaceEmulator.defaults

const Refused = Schema.Struct({ errorCode: Schema.String, errorMessage: Schema.String }).annotations(
  HttpApiSchema.annotations({ status: 400 })
)

const Account = Schema.Struct({ accountName: Schema.String, organizationName: Schema.String })

const Device = Schema.Struct({ id: Schema.String, kind: Schema.Literal("imei", "meid", "esn"), mdn: Schema.String })

const Location = Schema.Struct({
  msid: Schema.String,
  pd: Schema.partial(Schema.Struct({ time: Schema.String, x: Schema.NumberFromString, y: Schema.NumberFromString }))
})

const LocationRequest = Schema.Struct({
  accountName: Schema.String,
  accuracyMode: Schema.Literal("0", "1"),
  cacheMode: Schema.Literal("0", "1", "2"),
  deviceList: Schema.Array(Device)
})

const ThingSpaceApi = HttpApi.make("thingspace")
  .add(
    HttpApiGroup.make("accounts").add(
      HttpApiEndpoint.get("read", "/api/m2m/v1/accounts/:name")
        .setPath(Schema.Struct({ name: Schema.String }))
        .addSuccess(Account)
        .addError(Refused)
    )
  )
  .add(
    HttpApiGroup.make("locations").add(
      HttpApiEndpoint.post("find", "/api/loc/v1/locations")
        .setPayload(LocationRequest)
        .addSuccess(Schema.Array(Location))
        .addError(Refused)
    )
  )

const program = Effect.gen(function* () {
  const api = yield* HttpApiClient.make(ThingSpaceApi)

  const { organizationName } = yield* api.accounts.read({ path: { name: account } })
  yield* Console.log(`${account} is ${organizationName}`)

  const [location] = yield* api.locations.find({
    payload: {
      accountName: account,
      accuracyMode: "0",
      cacheMode: "1",
      deviceList: [{ id: "980003420535573", kind: "imei", mdn: "7892345678" }]
    }
  })
  yield* Console.log(`${location?.msid} is at ${location?.pd.x}, ${location?.pd.y}`)

  const refusal = yield* Effect.flip(api.accounts.read({ path: { name: "0000999999-00001" } }))
  yield* Console.log("errorCode" in refusal ? `Refused: ${refusal.errorCode}` : refusal.message)
})

const ThingSpace = ThingSpaceHttpClient.layerHttpClient.pipe(
  Layer.provide(ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials)),
  // FetchHttpClient.layer in production.
  Layer.provide(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, ThingSpace))
