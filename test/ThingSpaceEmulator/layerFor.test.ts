import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { account, accountPath, emulator } from "./requests.js"

const pipeline = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials)

describe("layerFor", () => {
  it.effect("provides the pipeline and the emulator that it reaches", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      assert.strictEqual((yield* client.get(accountPath)).status, 200)
      assert.lengthOf(yield* (yield* emulator).exchanges, 3)
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(pipeline)))
  )

  it.effect("passes the emulator's options on", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const { json } = yield* client.get("/api/m2m/v1/accounts")
      assert.deepStrictEqual(yield* json, { accounts: [{ accountName: account, organizationName: "Harbour" }] })
    }).pipe(
      Effect.provide(
        ThingSpaceEmulator.layerFor(pipeline, { accounts: [{ name: account, organizationName: "Harbour" }] })
      )
    )
  )

  it.scoped("keeps the plain client from the surroundings", () =>
    Effect.gen(function* () {
      const context = yield* Layer.build(ThingSpaceEmulator.layerFor(pipeline))
      assert.isTrue(Context.getOption(context, HttpClient.HttpClient)._tag === "None")
    })
  )

  it.scoped("gives each emulated platform a memory of logins of its own", () =>
    Effect.gen(function* () {
      const LoginMemory = Context.GenericTag<object>("effect-thingspace-auth/LoginMemory")
      const owners = yield* Effect.forEach(
        [
          ThingSpaceEmulator.layer(),
          ThingSpaceEmulator.layer(),
          ThingSpaceEmulator.layerState(),
          ThingSpaceEmulator.layerFor(pipeline)
        ],
        (layer) =>
          Effect.map(Layer.build(layer), (context) => Option.getOrUndefined(Context.getOption(context, LoginMemory)))
      )
      assert.notInclude(owners, undefined)
      assert.strictEqual(new Set(owners).size, owners.length)
    })
  )

  it.effect("leaves a plain client alone that the pipeline itself provides", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      assert.strictEqual((yield* client.get(accountPath)).status, 200)
    }).pipe(Effect.provide(ThingSpaceEmulator.layerFor(Layer.provide(ThingSpaceHttpClient.layerHttpClient, pipeline))))
  )
})
