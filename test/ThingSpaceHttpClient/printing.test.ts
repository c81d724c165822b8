import { inspect } from "node:util"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"

const account = `/api/m2m/v1/accounts/${ThingSpaceEmulator.defaults.account}`

const pipeline = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

const renderings = (value: unknown): ReadonlyArray<string> => [
  String(value),
  inspect(value, { depth: 12, showHidden: true }),
  JSON.stringify(value) ?? "",
  Cause.pretty(Cause.fail(value), { renderErrorCause: true })
]

/** Prints a value in every way, outside any fiber's redaction, and looks for what was sent. */
const assertPrintsNoCredential = (value: unknown) =>
  Effect.gen(function* () {
    const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
    const token = Option.getOrThrow(yield* emulator.currentToken)
    const sessions = yield* emulator.liveSessions
    assert.isNotEmpty(sessions)
    for (const text of yield* Effect.promise(() => Promise.resolve(renderings(value)))) {
      for (const secret of [token, ...sessions]) assert.notInclude(text, secret)
    }
  })

describe("what a call leaves to print", () => {
  it.effect("is a response without the credentials that were sent", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const response = yield* client.get(account)
      assert.strictEqual(response.status, 200)
      yield* assertPrintsNoCredential(response)
      assert.isUndefined(response.request.headers.authorization)
    }).pipe(Effect.provide(pipeline))
  )

  it.effect("is a refused response without them", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      yield* client.get(account)
      const response = yield* client.get("/api/emulator/v1/unauthorized")
      assert.strictEqual(response.status, 401)
      yield* assertPrintsNoCredential(response)
    }).pipe(Effect.provide(pipeline))
  )

  it.effect("is a status error without them", () =>
    Effect.gen(function* () {
      const client = HttpClient.filterStatusOk(yield* ThingSpaceHttpClient.ThingSpaceHttpClient)
      const error = yield* Effect.flip(client.get("/api/m2m/v1/accounts/nope"))
      assert.strictEqual(error._tag, "ResponseError")
      yield* assertPrintsNoCredential(error)
    }).pipe(Effect.provide(pipeline))
  )

  it.effect("is a lost connection's error without them", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* client.get(account)
      yield* emulator.failNext(ThingSpaceEmulator.lostResponse, { path: account })
      const error = yield* Effect.flip(client.get(account))
      assert.strictEqual(error._tag, "RequestError")
      yield* assertPrintsNoCredential(error)
    }).pipe(Effect.provide(pipeline))
  )

  it.effect("is a decoding error without them", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* client.get(account)
      yield* emulator.failNext(ThingSpaceEmulator.answer(200, { body: "<html>" }), { path: account })
      const response = yield* client.get(account)
      const error = yield* Effect.flip(HttpClientResponse.schemaBodyJson(Schema.Struct({}))(response))
      assert.strictEqual(error._tag, "ResponseError")
      yield* assertPrintsNoCredential(error)
    }).pipe(Effect.provide(pipeline))
  )

  it.effect("is an error of reading the stream without them", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* client.get(account)
      yield* emulator.failNext(ThingSpaceEmulator.truncated, { path: account })
      const error = yield* Effect.flip(Effect.flatMap(client.get(account), (response) => response.text))
      assert.strictEqual(error._tag, "ResponseError")
      yield* assertPrintsNoCredential(error)
    }).pipe(Effect.provide(pipeline))
  )
})
