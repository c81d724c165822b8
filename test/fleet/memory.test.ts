import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as Credentials from "../../src/Credentials.js"
import * as keyValueBackend from "../../src/internal/store/keyValue.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account, credentials, paths, received } from "../utils/pipeline.js"
import { member, reset } from "./runtimes.js"

const emulator = ThingSpaceEmulator.ThingSpaceEmulator

const backend = Effect.map(Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory), (store) =>
  keyValueBackend.make(store)
)

/** A platform at which a login takes longer than a store that has failed is not asked again. */
const slow = Effect.map(HttpClient.HttpClient, (client) =>
  HttpClient.transform(client, (response, { url }) =>
    url.endsWith(paths.login) ? Effect.delay(response, "5200 millis") : response
  )
)

const isGuards = (key: string): boolean => key.includes(":guard:")

const failing = Effect.fail(new CredentialStore.CredentialStoreError({ description: "on purpose" }))

const wrong = { ...credentials, password: Redacted.make("last-quarters-password") }
const other = { ...credentials, password: Redacted.make("next-quarters-password") }

/** Makes accounts over one token, and through the store that is given each time. */
const accounts = Effect.gen(function* () {
  const app = yield* Layer.build(Credentials.layerApp(credentials))
  const tokens = yield* Layer.build(Layer.provide(TokenSource.layer(), [OAuthClient.layer, Layer.succeedContext(app)]))
  return (store: CredentialStore.Service) =>
    Layer.provide(ThingSpaceHttpClient.layerForUser(), [
      Credentials.layerUws(credentials),
      Layer.succeedContext(tokens),
      Layer.succeedContext(app),
      CredentialStore.layer(store)
    ])
})

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account)).pipe(
  Effect.match({ onSuccess: ({ status }) => `${status}`, onFailure: ({ _tag }) => _tag })
)

describe("what a fleet knows of a user's logins", () => {
  it.scopedLive("is not overwritten by one that could not read it", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const first = yield* member(CredentialStore.layer(store), wrong)
      assert.strictEqual(yield* first.call, "SessionError")
      const second = yield* member(
        CredentialStore.layer({ ...store, get: (key) => (isGuards(key) ? failing : store.get(key)) }),
        other
      ).pipe(Effect.provideServiceEffect(HttpClient.HttpClient, slow))
      assert.strictEqual(yield* second.call, "SessionError")
      assert.strictEqual(yield* first.call, "LoginBlocked")
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("outlives a store that is set back to what it held before", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const { changePassword, endSessions } = yield* emulator
      let before: Option.Option<CredentialStore.Entry> = Option.none()
      let isSetBack = false
      const replicated = CredentialStore.layer({
        ...store,
        get: (key) => (isSetBack && isGuards(key) ? Effect.succeed(before) : store.get(key)),
        set: (lease, value, life) =>
          Effect.gen(function* () {
            const stored = yield* store.set(lease, value, life)
            if (!isGuards(lease.key)) return stored
            isSetBack = false
            const logins = yield* received(paths.login)
            if (Option.isNone(before) && logins.length === 1) before = yield* store.get(lease.key)
            return stored
          }).pipe(Effect.provide(platform))
      })
      const platform = yield* Effect.context<ThingSpaceEmulator.ThingSpaceEmulator>()
      const one = yield* member(replicated)
      assert.strictEqual(yield* one.call, "200")
      yield* changePassword(credentials.username, "next-quarters-password")
      yield* endSessions
      assert.strictEqual(yield* one.call, "SessionError")
      for (let round = 0; round < 3; round++) {
        isSetBack = true
        assert.strictEqual(yield* one.call, "LoginBlocked")
        assert.isFalse(isSetBack)
      }
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("includes what one of them learned while the store was away, once it is back", () =>
    Effect.gen(function* () {
      const store = yield* backend
      let isAway = true
      const unreliable = {
        ...store,
        lease: (key: string) => (isAway ? failing : store.lease(key)),
        get: (key: string) => (isAway ? failing : store.get(key))
      }
      const first = yield* member(CredentialStore.layer(unreliable), wrong)
      assert.strictEqual(yield* first.call, "SessionError")
      isAway = false
      yield* Effect.sleep("5100 millis")
      assert.strictEqual(yield* first.call, "LoginBlocked")
      const second = yield* member(CredentialStore.layer(store), wrong)
      assert.strictEqual(yield* second.call, "LoginBlocked")
      assert.lengthOf(yield* received(paths.login), 1)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("is forgotten by live processes when another resets it, however many strikes there were", () =>
    Effect.gen(function* () {
      const store = CredentialStore.layer(yield* backend)
      const { changePassword } = yield* emulator
      yield* changePassword(credentials.username, "the right one")
      const members = [yield* member(store)]
      for (const text of ["wrong", "wronger", "wrongest"]) {
        members.push(yield* member(store, { password: Redacted.make(text) }))
      }
      for (const { call } of members) assert.strictEqual(yield* call, "SessionError")
      const right = yield* member(store, { password: Redacted.make("the right one") })
      assert.strictEqual(yield* right.call, "LoginBlocked")
      const operator = yield* member(store)
      yield* operator.run(reset)
      assert.strictEqual(yield* right.call, "200")
      const [first] = members
      if (first !== undefined) assert.strictEqual(yield* first.call, "SessionError")
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("is not forgotten by an account that is made anew once the store has come back", () =>
    Effect.gen(function* () {
      const store = yield* backend
      const accountOf = yield* accounts
      const { changePassword, endSessions } = yield* emulator
      assert.strictEqual(yield* Effect.provide(call, accountOf(store)), "200")
      yield* changePassword(credentials.username, "next-quarters-password")
      yield* endSessions
      const away = { ...store, lease: () => failing, get: () => failing }
      assert.strictEqual(yield* Effect.provide(call, accountOf(away)), "SessionError")
      assert.strictEqual(yield* Effect.provide(call, accountOf(store)), "LoginBlocked")
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})
