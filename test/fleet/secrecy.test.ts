import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as seal from "../../src/internal/store/seal.js"
import * as RedisCredentialStore from "../../src/RedisCredentialStore.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { cost, paths, received } from "../utils/pipeline.js"
import * as secrecy from "../utils/secrecy.js"
import * as redis from "./redis.js"
import { inRedis, member, type Shared } from "./runtimes.js"

const { appKey, appSecret, password, username } = ThingSpaceEmulator.defaults
const wrong = { password: Redacted.make("last-quarters-password") }

/** A store that shows what it holds. */
const transparent = Effect.gen(function* () {
  const store = yield* Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory)
  const written: Array<string> = []
  const noting = KeyValueStore.make({
    ...store,
    set: (key, value) => {
      written.push(key, String(value))
      return store.set(key, value)
    }
  })
  const shared: Shared = Layer.provide(
    Layer.fresh(CredentialStore.layerKeyValueStore),
    Layer.succeed(KeyValueStore.KeyValueStore, noting)
  )
  return { shared, written, store }
})

/** The platform after the application secret was rotated there, to whatever the client sends. */
const acceptingAnySecret = HttpClient.mapRequest((request: HttpClientRequest.HttpClientRequest) =>
  request.url.endsWith(paths.token) ? HttpClientRequest.basicAuth(request, appKey, appSecret) : request
)

/** What the platform has issued, and what it was sent. */
const secrets = Effect.map(Effect.all([received(paths.token), received(paths.login)]), (exchanges) => [
  ...exchanges.flat().flatMap(({ response }) => /"(?:access_token|sessionToken)":"([^"]+)"/.exec(response)?.[1] ?? []),
  ...[appKey, appSecret, password, username, Redacted.value(wrong.password)]
])

describe("a store", () => {
  it.scopedLive("gets to see no secret, no username and no password, refused ones included", () =>
    Effect.gen(function* () {
      const { shared, written } = yield* transparent
      assert.strictEqual(yield* (yield* member(shared)).call, "200")
      assert.strictEqual(yield* (yield* member(shared, wrong)).call, "SessionError")
      const { failNext } = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* failNext(ThingSpaceEmulator.answer(503), { path: paths.token })
      yield* (yield* member(shared, { key: Redacted.make(appKey), secret: Redacted.make("another") })).call
      const all = yield* secrets
      assert.isAbove(all.length, 6)
      assert.isAbove(written.length, 10)
      const text = written.join("\n")
      for (const secret of all) for (const form of secrecy.forms(secret)) assert.notInclude(text, form)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("holds nothing for who has another application secret: credentials are acquired anew", () =>
    Effect.gen(function* () {
      const { shared } = yield* transparent
      assert.strictEqual(yield* (yield* member(shared)).call, "200")
      const rotated = yield* member(shared, { secret: Redacted.make("rotated") })
      assert.strictEqual(yield* rotated.call, "OAuthError")
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("opens no session to who knows the application secret and the username, but not the password", () =>
    Effect.gen(function* () {
      const { shared, written } = yield* transparent
      assert.strictEqual(yield* (yield* member(shared)).call, "200")
      const vault = yield* seal.make({ key: Redacted.make(appKey), secret: Redacted.make(appSecret) })
      const guessed = yield* vault.ofUser({ username, password: Redacted.make("a guess") })
      const sessions = written.flatMap((key, at) => (key.includes(":session:") ? [[key, written[at + 1] ?? ""]] : []))
      assert.isAbove(sessions.length, 0)
      for (const [key = "", stored] of sessions) {
        const { value } = JSON.parse(stored ?? "{}")
        if (typeof value !== "string" || value === "") continue
        for (const opener of [vault, guessed]) assert.isTrue(Option.isNone(yield* opener.open(key, value)), key)
      }
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive(
    "that is sealed with a secret of its own remembers refused logins when the application's is rotated",
    () =>
      Effect.gen(function* () {
        const { shared } = yield* transparent
        const sealed = CredentialStore.sealedWith(shared, Redacted.make("a sealing secret of 32 characters"))
        assert.strictEqual(yield* (yield* member(sealed, wrong)).call, "SessionError")
        const rotated = yield* Effect.updateService(
          member(sealed, { ...wrong, secret: Redacted.make("rotated") }),
          HttpClient.HttpClient,
          acceptingAnySecret
        )
        assert.strictEqual(yield* rotated.call, "LoginBlocked")
        assert.lengthOf(yield* received(paths.login), 1)
      }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("is not believed where it holds what nobody has sealed", () =>
    Effect.gen(function* () {
      const { shared, store, written } = yield* transparent
      assert.strictEqual(yield* (yield* member(shared)).call, "200")
      const keys = written.filter((text) => text.startsWith("thingspace:"))
      for (const key of keys) {
        const stored = Option.getOrElse(yield* store.get(key), () => "{}")
        yield* store.set(key, stored.replace(/"value":"[^"]*"/, '"value":"1.made.up.text"'))
      }
      assert.strictEqual(yield* (yield* member(shared)).call, "200")
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
      for (const key of keys) yield* store.set(key, "not even JSON")
      assert.strictEqual(yield* (yield* member(shared)).call, "200")
      assert.deepStrictEqual(yield* cost, { tokens: 3, logins: 3 })
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})

redis.describeWithRedis("Redis", () => {
  it.scopedLive("is left no key without an end, and none outside the prefix", () =>
    Effect.gen(function* () {
      const server = yield* redis.make
      const shared = inRedis(server.url)
      yield* (yield* member(shared)).call
      yield* (yield* member(shared, wrong)).call
      const keys = yield* server.command("KEYS", "*")
      assert.isTrue(Array.isArray(keys) && keys.length >= 3)
      for (const key of Array.isArray(keys) ? keys.map(String) : []) {
        assert.match(key, /^effect-thingspace-auth:thingspace:(token|session|guard):[0-9a-f]{64}(:failed)?$/)
        assert.isAbove(Number(yield* server.command("PTTL", key)), 0, key)
      }
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})

describe("a Redis URL", () => {
  for (const url of ["", "localhost", "https://user:hunter2@localhost", "redis://user:hunter2@local host"]) {
    it.effect(`that is none is refused when the layer is built, and not shown: ${JSON.stringify(url)}`, () =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(Effect.scoped(RedisCredentialStore.make({ url: Redacted.make(url) })))
        assert.strictEqual(error._tag, "ConfigError")
        secrecy.assertSecret(error, ["hunter2"])
      })
    )
  }

  it.effect("that is missing is named", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.scoped(Layer.build(RedisCredentialStore.layerConfig())))
      assert.include(String(error), "THINGSPACE_REDIS_URL")
    })
  )
})
