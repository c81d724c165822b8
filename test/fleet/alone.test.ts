import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it, vi } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as Credentials from "../../src/Credentials.js"
import * as keyValueBackend from "../../src/internal/store/keyValue.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account, cost, credentials, layer, logging } from "../utils/pipeline.js"
import { measure } from "./accounts.js"
import { all } from "./runtimes.js"

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

const wrong = { ...credentials, password: credentials.secret }

/** Makes an account each time, over one token. */
const accounts = Effect.map(
  Layer.build(Layer.provide(TokenSource.layer(), [OAuthClient.layer, Credentials.layerApp(credentials)])),
  (tokens) => (user: Credentials.Uws) =>
    Layer.provide(ThingSpaceHttpClient.layerForUser(), [Credentials.layerUws(user), Layer.succeedContext(tokens)])
)

/** Tokens of a source that somebody else has made: nobody knows of which application they are. */
const foreignTokens = Effect.gen(function* () {
  const tokens = yield* Effect.provide(
    TokenSource.TokenSource,
    yield* Layer.build(Layer.provide(TokenSource.layer(), [OAuthClient.layer, Credentials.layerApp(credentials)]))
  )
  const { get, invalidate, platform, revoke } = tokens
  return { get, invalidate, platform, revoke } satisfies TokenSource.Service
})

describe("a pipeline without a store", () => {
  it.scoped("uses no cryptography", () =>
    Effect.gen(function* () {
      const { subtle } = crypto
      const calls = (["importKey", "deriveBits", "sign", "encrypt", "decrypt", "digest"] as const).map((name) =>
        vi.spyOn(subtle, name)
      )
      yield* Effect.addFinalizer(() => Effect.sync(() => vi.restoreAllMocks()))
      yield* Effect.provide(call, layer())
      for (const one of calls) assert.strictEqual(one.mock.calls.length, 0)
    })
  )
})

describe("parts that were put together over a token that was issued elsewhere", () => {
  it.scopedLive("warn that they do not share, and work", () =>
    Effect.gen(function* () {
      const log = logging()
      const parts = ThingSpaceHttpClient.layerFromSources.pipe(
        Layer.provide(Layer.provide(SessionSource.layer(), Credentials.layerUws(credentials))),
        Layer.provide(LoginGuard.layer),
        Layer.provide(Layer.succeed(TokenSource.TokenSource, yield* foreignTokens)),
        Layer.provide(SessionClient.layer),
        Layer.provide(Layer.provide(CredentialStore.layerKeyValueStore, KeyValueStore.layerMemory)),
        Layer.provide(log.layer)
      )
      const { status } = yield* Effect.provide(call, parts)
      assert.strictEqual(status, 200)
      const warnings = log.at("WARN").join("\n")
      assert.lengthOf(log.at("WARN"), 2)
      assert.match(warnings, /shares nothing.*LoginGuard.*AppCredentials/s)
      assert.match(warnings, /shares nothing.*SessionSource.*AppCredentials/s)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})

describe("accounts over a TokenSource, with no AppCredentials at hand", () => {
  /** A process that has made its source of tokens, and then accounts over it. */
  const processOver = (store: CredentialStore.Service, wrap: (tokens: TokenSource.Service) => TokenSource.Service) =>
    Effect.gen(function* () {
      const shared = CredentialStore.layer(store)
      const beneath = [OAuthClient.layer, Credentials.layerApp(credentials), shared] as const
      const built = yield* Layer.build(Layer.provide(TokenSource.layer(), beneath))
      const tokens = Layer.succeed(TokenSource.TokenSource, wrap(Context.get(built, TokenSource.TokenSource)))
      return (user: Credentials.Uws) =>
        Layer.provide(ThingSpaceHttpClient.layerForUser(), [Credentials.layerUws(user), tokens, shared])
    })

  for (const { name, wrap } of [
    { name: "as it is", wrap: (tokens: TokenSource.Service) => tokens },
    {
      name: "wrapped by a spread",
      wrap: (tokens: TokenSource.Service) => ({ ...tokens, get: Effect.yieldNow().pipe(Effect.zipRight(tokens.get)) })
    },
    { name: "mapped", wrap: TokenSource.map((token) => token) }
  ]) {
    it.scopedLive(`share with another process: ${name}`, () =>
      Effect.gen(function* () {
        const store = keyValueBackend.make(
          yield* Effect.provide(KeyValueStore.KeyValueStore, KeyValueStore.layerMemory)
        )
        const log = logging()
        for (let process = 0; process < 2; process++) {
          const accountOf = yield* processOver(store, wrap)
          const { status } = yield* Effect.provide(call, Layer.provide(accountOf(credentials), log.layer))
          assert.strictEqual(status, 200)
        }
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
        assert.lengthOf(log.at("WARN"), 0)
      }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
    )
  }
})

describe("accounts over one TokenSource", () => {
  it.live("share one token, and have a session each", () =>
    Effect.gen(function* () {
      const { asked } = yield* measure(200)
      assert.deepStrictEqual(asked, { tokens: 1, logins: 201, calls: 401 })
    })
  )

  it.scoped("do not repeat a refused password when they are released and made anew", () =>
    Effect.gen(function* () {
      const accountOf = yield* accounts
      const attempt = (user: Credentials.Uws) => Effect.either(Effect.provide(call, accountOf(user)))
      for (let round = 0; round < 5; round++) yield* attempt(wrong)
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
      const right = yield* attempt(credentials)
      assert.strictEqual(right._tag, "Right")
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )

  it.scopedLive("of one user send a wrong password once, also where they send it at the same time", () =>
    Effect.gen(function* () {
      const accountOf = yield* accounts
      yield* all(Array.from({ length: 6 }, () => Effect.either(Effect.provide(call, accountOf(wrong)))))
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(ThingSpaceEmulator.layer({ responseLatency: "20 millis" })))
  )

  it.scoped("do not repeat a refused password after a reset of another user", () =>
    Effect.gen(function* () {
      const accountOf = yield* accounts
      const attempt = Effect.flip(Effect.provide(call, accountOf(wrong)))
      assert.strictEqual((yield* attempt)._tag, "SessionError")
      const resetOf = (username: string) => Effect.flatMap(LoginGuard.LoginGuard, ({ reset }) => reset({ username }))
      yield* Effect.provide(resetOf("somebody-else"), accountOf(wrong))
      assert.strictEqual((yield* attempt)._tag, "LoginBlocked")
      yield* Effect.provide(resetOf(wrong.username), accountOf(wrong))
      assert.strictEqual((yield* attempt)._tag, "SessionError")
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})
