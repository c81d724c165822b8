/**
 * Describes three of the platform's endpoints as an `HttpApi` and calls them by name, fully typed. Authentication is the
 * client that `HttpApiClient.makeWith` is given; retries and pagination are Effect's own, around the calls.
 *
 *     npm run example -- typed-products
 *
 * - `makeWith` keeps `AuthError` in the type of every call. Where a client knows only the plain `HttpClient`, as
 *   `HttpApiClient.make` and most generated clients do, provide `ThingSpaceHttpClient.layerHttpClient`.
 * - A retry repeats the whole call, so it sends the credentials of that moment. It is put on the calls that may be
 *   repeated, which only the program can know: listing devices is a POST that changes nothing.
 * - What ends between two pages, a session or an access token, is healed beneath the stream.
 */
import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Chunk from "effect/Chunk"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { AuthError, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

/** The platform's refusal; the tag is ours, so that `catchTags` knows it. */
const Refused = Schema.Struct({ errorCode: Schema.String, errorMessage: Schema.String }).pipe(
  Schema.attachPropertySignature("_tag", "Refused"),
  Schema.annotations(HttpApiSchema.annotations({ status: 400 }))
)

/** `HttpApiClient` puts it into the path as it is. */
const AccountName = Schema.String.pipe(Schema.pattern(/^[\w-]+$/))

const Account = Schema.Struct({ accountName: Schema.String, organizationName: Schema.String })

const DeviceId = Schema.Struct({ id: Schema.String, kind: Schema.String })

const Device = Schema.Struct({
  deviceIds: Schema.Array(DeviceId),
  extendedAttributes: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.optional(Schema.String) }))
})

const DeviceList = Schema.Struct({ hasMoreData: Schema.Boolean, devices: Schema.Array(Device) })

const DeviceListQuery = Schema.Struct({
  accountName: AccountName,
  maxNumberOfDevices: Schema.Int,
  largestDeviceIdSeen: Schema.Int
})

const LocationQuery = Schema.Struct({
  accountName: AccountName,
  accuracyMode: Schema.Literal("0", "1"),
  cacheMode: Schema.Literal("0", "1", "2"),
  deviceList: Schema.Array(Schema.extend(DeviceId, Schema.Struct({ mdn: Schema.String })))
})

const Location = Schema.Struct({
  msid: Schema.String,
  pd: Schema.partial(Schema.Struct({ x: Schema.NumberFromString, y: Schema.NumberFromString })),
  error: Schema.partial(Schema.Struct({ info: Schema.String }))
})

const ThingSpaceApi = HttpApi.make("thingspace").add(
  HttpApiGroup.make("connectivity")
    .add(
      HttpApiEndpoint.get("readAccount", "/api/m2m/v1/accounts/:name")
        .setPath(Schema.Struct({ name: AccountName }))
        .addSuccess(Account)
        .addError(Refused)
    )
    .add(
      HttpApiEndpoint.post("listDevices", "/api/m2m/v1/devices/actions/list")
        .setPayload(DeviceListQuery)
        .addSuccess(DeviceList)
        // With status 202 where there is more.
        .addSuccess(DeviceList.annotations(HttpApiSchema.annotations({ status: 202 })))
        .addError(Refused)
    )
    .add(
      HttpApiEndpoint.post("locateDevices", "/api/loc/v1/locations")
        .setPayload(LocationQuery)
        .addSuccess(Schema.Array(Location))
        .addError(Refused)
    )
)

const makeApi = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (httpClient) =>
  HttpApiClient.makeWith(ThingSpaceApi, { httpClient })
)

/** Of the `AuthError`s only this one may pass; that repeating it sends no login too many, `LoginGuard` sees to. */
const passes = (error: unknown): boolean => {
  if (!HttpClientError.isHttpClientError(error)) return Schema.is(AuthError.EndpointError)(error)
  return error._tag === "RequestError"
    ? error.reason === "Transport"
    : error.response.status === 429 || error.response.status >= 500
}

/** The program's own policy, for calls that may be repeated. */
const patiently = Effect.retry({
  schedule: Schedule.intersect(Schedule.jittered(Schedule.exponential("100 millis")), Schedule.recurs(4)),
  while: passes
})

const idOf = (device: typeof Device.Type, kind: string) => device.deviceIds.find((one) => one.kind === kind)?.id ?? ""

/** What the next page begins after. */
const position = (device: typeof Device.Type) =>
  Number(device.extendedAttributes.find(({ key }) => key === "DeviceId")?.value ?? Number.NaN)

const program = Effect.gen(function* () {
  const { connectivity } = yield* makeApi
  const { endSessions, exchanges, failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator

  const allDevices = (accountName: string) =>
    Stream.paginateChunkEffect(0, (largestDeviceIdSeen) =>
      connectivity.listDevices({ payload: { accountName, maxNumberOfDevices: 2, largestDeviceIdSeen } }).pipe(
        patiently,
        Effect.map(({ devices, hasMoreData }) => [
          Chunk.fromIterable(devices),
          hasMoreData ? Option.map(Option.fromNullable(devices.at(-1)), position) : Option.none()
        ])
      )
    )

  const { account } = ThingSpaceEmulator.defaults
  const { organizationName } = yield* patiently(connectivity.readAccount({ path: { name: account } }))
  yield* Console.log(`${account} is ${organizationName}`)

  yield* failNext(ThingSpaceEmulator.answer(429), { path: "/api/m2m/v1/devices" })
  yield* failNext(ThingSpaceEmulator.answer(503), { path: "/api/loc" })
  yield* endSessions
  yield* allDevices(account).pipe(
    Stream.grouped(3),
    Stream.mapEffect((devices) =>
      connectivity
        .locateDevices({
          payload: {
            accountName: account,
            accuracyMode: "0",
            cacheMode: "1",
            deviceList: Chunk.toReadonlyArray(devices).map((device) => ({
              id: idOf(device, "imei"),
              kind: "imei",
              mdn: idOf(device, "mdn")
            }))
          }
        })
        .pipe(patiently)
    ),
    Stream.flattenIterables,
    Stream.runForEach(({ error, msid, pd }) =>
      Console.log(pd.x === undefined ? `${msid} was not found: ${error.info}` : `${msid} is at ${pd.x}, ${pd.y}`)
    )
  )

  yield* Effect.catchTags(connectivity.readAccount({ path: { name: "0000999999-00001" } }), {
    Refused: ({ errorCode }) => Console.log(`Refused: ${errorCode}`),
    // Each `AuthError` is known to the type of the call.
    LoginBlocked: ({ reason }) => Console.log(`No login was sent: ${reason}`)
  })

  yield* Console.log("What the platform answered:")
  for (const path of ["/devices/actions/list", "/locations", "/session/login"]) {
    const answers = (yield* exchanges).filter((exchange) => exchange.path.endsWith(path))
    yield* Console.log(`  ${path} ${answers.map(({ status }) => status).join(", ")}`)
  }
})

const ThingSpace = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

await Effect.runPromise(Effect.provide(program, ThingSpace))
