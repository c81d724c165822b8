/**
 * Tests a service that calls ThingSpace, through the real pipeline, against the platform emulated in memory: with devices
 * and customers of its own, a time that `TestClock` moves, and faults where a test asks for them.
 *
 *     npm run example -- testing-your-code
 *
 * This is a file for Vitest; in your project the service and its tests are two files.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { type AuthError, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"

// The service.

const Page = Schema.Struct({
  hasMoreData: Schema.Boolean,
  devices: Schema.Array(
    Schema.Struct({
      deviceIds: Schema.Array(Schema.Struct({ id: Schema.String, kind: Schema.String })),
      extendedAttributes: Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.String }))
    })
  )
})

type Failure = AuthError.AuthError | HttpClientError.HttpClientError | ParseResult.ParseError

class Inventory extends Context.Tag("Inventory")<
  Inventory,
  { readonly imeis: (account: string) => Effect.Effect<ReadonlyArray<string>, Failure> }
>() {
  static readonly layer = Layer.effect(
    Inventory,
    Effect.gen(function* () {
      const client = HttpClient.filterStatusOk(yield* ThingSpaceHttpClient.ThingSpaceHttpClient)

      const page = (accountName: string, largestDeviceIdSeen: number) =>
        HttpClientRequest.post("/api/m2m/v1/devices/actions/list").pipe(
          HttpClientRequest.bodyUnsafeJson({ accountName, largestDeviceIdSeen }),
          client.execute,
          Effect.flatMap(HttpClientResponse.schemaBodyJson(Page)),
          // A list may be asked for again: once, if the connection failed.
          Effect.retry({
            times: 1,
            while: (error) => HttpClientError.isHttpClientError(error) && error.reason !== "StatusCode"
          })
        )

      return {
        imeis: (account) =>
          Stream.paginateChunkEffect(0, (seen) =>
            Effect.map(page(account, seen), ({ devices, hasMoreData }) => {
              const last = devices.at(-1)?.extendedAttributes.find(({ key }) => key === "DeviceId")
              return [
                Chunk.fromIterable(devices),
                hasMoreData && last ? Option.some(Number(last.value)) : Option.none()
              ]
            })
          ).pipe(
            Stream.mapConcat(({ deviceIds }) => deviceIds.filter(({ kind }) => kind === "imei")),
            Stream.map(({ id }) => id),
            Stream.runCollect,
            Effect.map(Chunk.toReadonlyArray)
          )
      }
    })
  )
}

// Its tests.

const harbour = "0000000001-00001"
const orchard = "0000000002-00001"

/** Two customers, the devices of each, and pages of two. */
const platform: ThingSpaceEmulator.Options = {
  users: { harry: "password-of-harry", olga: "password-of-olga" },
  accounts: [
    { name: harbour, users: ["harry"] },
    { name: orchard, users: ["olga"] }
  ],
  devices: [
    ...["crane", "ferry", "tug"].map((name) => ({ ids: { imei: `imei-of-the-${name}` }, account: harbour })),
    { ids: { imei: "imei-of-the-press" }, account: orchard }
  ],
  pageSize: 2
}

/** The service for a customer, as it needs the platform. */
const serviceOf = (username: string, password = `password-of-${username}`) =>
  Layer.provide(
    Inventory.layer,
    ThingSpaceHttpClient.layer({ ...ThingSpaceEmulator.credentials, username, password: Redacted.make(password) })
  )

const imeis = (account: string) => Effect.flatMap(Inventory, (inventory) => inventory.imeis(account))

const requestsTo = (path: string) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, ({ exchanges }) =>
    Effect.map(exchanges, (all) => all.filter((exchange) => exchange.path.endsWith(path)))
  )

describe("Inventory", () => {
  it.effect("lists the devices of an account, page by page", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* imeis(harbour), ["imei-of-the-crane", "imei-of-the-ferry", "imei-of-the-tug"])
      const pages = yield* requestsTo("/devices/actions/list")
      assert.deepStrictEqual(
        pages.map(({ status }) => status),
        [202, 200]
      )
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(serviceOf("harry"), platform)))
  )

  it.effect("shows a customer nothing of another's", () =>
    Effect.gen(function* () {
      assert.lengthOf(yield* Effect.provide(imeis(harbour), serviceOf("harry")), 3)
      assert.lengthOf(yield* Effect.provide(imeis(orchard), serviceOf("olga")), 1)
      const refused = yield* Effect.flip(Effect.provide(imeis(orchard), serviceOf("harry")))
      assert.deepInclude(refused, { _tag: "ResponseError", reason: "StatusCode" })
      assert.include((yield* requestsTo("/devices/actions/list")).at(-1)?.response, "REQUEST_FAILED.AccountName")
    }).pipe(Effect.provide(ThingSpaceEmulator.layer(platform)))
  )

  it.effect("is not refused once after a night without calls", () =>
    Effect.gen(function* () {
      yield* imeis(harbour)
      yield* TestClock.adjust("12 hours")
      assert.lengthOf(yield* imeis(harbour), 3)
      const pages = yield* requestsTo("/devices/actions/list")
      assert.deepStrictEqual(
        pages.map(({ status }) => status),
        [202, 200, 202, 200]
      )
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(serviceOf("harry"), platform)))
  )

  it.effect("asks again for a page that broke off in the middle", () =>
    Effect.gen(function* () {
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* failNext(ThingSpaceEmulator.truncated, { body: '"largestDeviceIdSeen":1002' })
      assert.lengthOf(yield* imeis(harbour), 3)
      const pages = yield* requestsTo("/devices/actions/list")
      assert.deepStrictEqual(
        pages.map(({ fault }) => fault),
        [undefined, "Truncated", undefined]
      )
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(serviceOf("harry"), platform)))
  )

  it.effect("goes on if the session ends between two pages", () =>
    Effect.gen(function* () {
      const { endSessions, failNext, pending } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* failNext(ThingSpaceEmulator.delayed("5 seconds"), { body: '"largestDeviceIdSeen":0' })
      const list = yield* Effect.fork(imeis(harbour))
      yield* TestClock.adjust("1 second")
      assert.lengthOf(yield* pending, 1)
      yield* endSessions
      yield* TestClock.adjust("4 seconds")
      assert.lengthOf(yield* list, 3)
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(serviceOf("harry"), platform)))
  )

  it.effect("sends a wrong password once", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(imeis(harbour)))._tag, "SessionError")
      assert.strictEqual((yield* Effect.flip(imeis(harbour)))._tag, "LoginBlocked")
      assert.lengthOf(yield* requestsTo("/session/login"), 1)
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(serviceOf("harry", "not the password"), platform)))
  )

  it.effect("fails if the platform's answer is no list", () =>
    Effect.gen(function* () {
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* failNext(ThingSpaceEmulator.errorInSuccess(), { path: "/api/m2m/v1/devices" })
      assert.strictEqual((yield* Effect.flip(imeis(harbour)))._tag, "ParseError")
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(serviceOf("harry"), platform)))
  )
})
