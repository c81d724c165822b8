import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as Redacted from "effect/Redacted"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, credentials, paths, received } from "../utils/pipeline.js"

const users = { alice: "of alice", bob: "of bob" }
const as = (username: keyof typeof users) =>
  ThingSpaceHttpClient.layer({ ...credentials, username, password: Redacted.make(users[username]) })

const emulator = ThingSpaceEmulator.layer({ users })

const loggedIn = Effect.map(received(paths.login), (all) =>
  Object.keys(users).filter((name) => all.some(({ body }) => body.includes(name)))
)

const client = ThingSpaceHttpClient.ThingSpaceHttpClient

class Same extends Context.Tag("test/Same")<Same, Context.Tag.Service<typeof client>>() {}
class Alice extends Context.Tag("test/Alice")<Alice, HttpClient.HttpClient>() {}
class Bob extends Context.Tag("test/Bob")<Bob, HttpClient.HttpClient>() {}

class Accounts extends LayerMap.Service<Accounts>()("test/Accounts", {
  lookup: (username: keyof typeof users) => as(username)
}) {}

describe("two accounts in one program", () => {
  it.effect("have a plain HttpClient each", () => {
    const plain = (username: keyof typeof users) => Layer.provide(ThingSpaceHttpClient.layerHttpClient, as(username))
    const alice = Layer.provide(Layer.effect(Alice, HttpClient.HttpClient), plain("alice"))
    const bob = Layer.provide(Layer.effect(Bob, HttpClient.HttpClient), plain("bob"))
    return Effect.gen(function* () {
      yield* (yield* Alice).get(account)
      yield* (yield* Bob).get(account)
      assert.deepStrictEqual(yield* loggedIn, ["alice", "bob"])
    }).pipe(Effect.provide(Layer.provideMerge(Layer.merge(alice, bob), emulator)))
  })

  it.effect("are kept apart by a LayerMap", () =>
    Effect.gen(function* () {
      const get = Effect.flatMap(client, (authenticated) => authenticated.get(account))
      yield* Effect.provide(get, Accounts.get("alice"))
      yield* Effect.provide(get, Accounts.get("bob"))
      assert.deepStrictEqual(yield* loggedIn, ["alice", "bob"])
    }).pipe(Effect.provide(Layer.provideMerge(Accounts.Default, emulator)))
  )
})

describe("one account in one program", () => {
  it.effect("is one pipeline, however often its layer is referred to", () => {
    const own = ThingSpaceHttpClient.layerConfig()
    const program = Layer.effect(Same, client).pipe(Layer.provideMerge(own))
    const environment = ConfigProvider.fromMap(
      new Map([
        ["THINGSPACE_APP_KEY", ThingSpaceEmulator.defaults.appKey],
        ["THINGSPACE_APP_SECRET", ThingSpaceEmulator.defaults.appSecret],
        ["THINGSPACE_UWS_USERNAME", "alice"],
        ["THINGSPACE_UWS_PASSWORD", users.alice]
      ])
    )
    return Effect.gen(function* () {
      yield* (yield* Same).get(account)
      yield* (yield* client).get(account)
      assert.lengthOf(yield* received(paths.login), 1)
    }).pipe(
      Effect.provide(program.pipe(Layer.provide(Layer.setConfigProvider(environment)), Layer.provideMerge(emulator)))
    )
  })
})
