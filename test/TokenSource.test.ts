import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import { AccessToken, fingerprint } from "../src/AccessToken.js"
import { CredentialsError } from "../src/AuthError.js"
import * as Credentials from "../src/Credentials.js"
import * as OAuthClient from "../src/OAuthClient.js"
import * as ThingSpaceConfig from "../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../src/TokenSource.js"
import * as pipeline from "./utils/pipeline.js"
import * as recorder from "./utils/recorder.js"

const { account, credentials, linkedTo, logging, paths, received, settle, tracing } = pipeline

const layer = (options?: TokenSource.Options, platform?: ThingSpaceEmulator.Options) =>
  TokenSource.layer(options).pipe(
    Layer.provideMerge(Layer.merge(OAuthClient.layer, Credentials.layerApp(credentials))),
    Layer.provideMerge(ThingSpaceEmulator.layer(platform))
  )

const get = Effect.flatMap(TokenSource.TokenSource, (source) => source.get)
const secret = Effect.map(get, (token) => Redacted.value(token.secret))
const invalidate = (token: AccessToken) => Effect.flatMap(TokenSource.TokenSource, (source) => source.invalidate(token))
const revoke = Effect.flatMap(TokenSource.TokenSource, (source) => source.revoke)

const requests = Effect.map(received(paths.token), (all) => all.length)

const fails = (fault: ThingSpaceEmulator.Fault, path: string, times?: number) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, (emulator) => emulator.failNext(fault, { path, times }))

const issues = (body: object) => ThingSpaceEmulator.answer(200, { body: JSON.stringify(body) })

const many = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: count }), () => effect, { concurrency: "unbounded" })

describe("get", () => {
  it.effect("asks for one token, however many ask for it at once", () =>
    Effect.gen(function* () {
      const secrets = yield* many(10_000, secret)
      assert.strictEqual(new Set(secrets).size, 1)
      assert.strictEqual(yield* requests, 1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("hands out the token without asking again", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* secret, yield* secret)
      assert.strictEqual(yield* requests, 1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("fails those who waited with the one refusal, and asks anew for the next", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.answer(503), paths.token)
      const errors = yield* many(10, Effect.flip(get))
      assert.deepStrictEqual([...new Set(errors.map((error) => error._tag))], ["EndpointError"])
      assert.strictEqual(yield* requests, 1)
      yield* many(10, get)
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("gives up an answer that does not come after the deadline, and the next caller works", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.hang, paths.token)
      const callers = yield* many(3, Effect.fork(get))
      yield* settle
      yield* Fiber.interruptAll(callers)
      const late = yield* Effect.fork(Effect.flip(get))
      yield* TestClock.adjust("9999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(late)))
      yield* TestClock.adjust("1 millis")
      const error = yield* Fiber.join(late)
      assert.strictEqual(error._tag === "EndpointError" ? error.reason : error, "Timeout")
      yield* get
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("reads the key and secret at each acquisition, so that a rotation needs no restart", () =>
    Effect.gen(function* () {
      const app = yield* Ref.make<Credentials.App>({ ...credentials, secret: Redacted.make("of yesterday") })
      const rotating = TokenSource.layer().pipe(
        Layer.provideMerge(Layer.merge(OAuthClient.layer, Credentials.layerAppEffect(Ref.get(app)))),
        Layer.provideMerge(ThingSpaceEmulator.layer())
      )
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* Effect.flip(get))._tag, "OAuthError")
        yield* Ref.set(app, credentials)
        yield* TestClock.adjust("1 seconds")
        yield* get
      }).pipe(Effect.provide(rotating))
    })
  )

  it.effect("fails, and sends nothing, where the source of the key and secret fails", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(get))._tag, "CredentialsError")
      assert.strictEqual(yield* requests, 0)
    }).pipe(
      Effect.provide(
        TokenSource.layer().pipe(
          Layer.provideMerge(OAuthClient.layer),
          Layer.provide(
            Credentials.layerAppEffect(
              Effect.fail(new CredentialsError({ credentials: "App", description: "the vault is sealed" }))
            )
          ),
          Layer.provideMerge(ThingSpaceEmulator.layer())
        )
      )
    )
  )

  it.effect("fails, and sends nothing, once the layer has been closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(layer(), scope)
      yield* Effect.gen(function* () {
        const token = yield* get
        yield* Scope.close(scope, Exit.void)
        const error = yield* Effect.flip(get)
        assert.deepStrictEqual(error._tag === "EndpointError" ? [error.endpoint, error.reason] : error, [
          "requestToken",
          "NotSent"
        ])
        yield* invalidate(token)
        yield* Effect.flip(get)
        assert.strictEqual(yield* requests, 1)
      }).pipe(Effect.provide(context))
    })
  )

  it.effect("asks under a root span that is linked to the first caller's", () =>
    Effect.gen(function* () {
      const { named, tracer } = yield* tracing
      yield* get.pipe(Effect.withSpan("caller"), Effect.provide(layer()), Effect.withTracer(tracer))
      const span = named("ThingSpace.requestToken")
      assert.isTrue(span !== undefined && Option.isNone(span.parent))
      assert.deepStrictEqual(linkedTo(span), ["caller"])
    })
  )
})

describe("expiry", () => {
  it.effect("asks once in the background when a minute is left, and at the end once for all", () =>
    Effect.gen(function* () {
      const first = yield* secret
      yield* TestClock.adjust("59 minutes")
      assert.deepStrictEqual([...new Set(yield* many(100, secret))], [first])
      yield* settle
      assert.strictEqual(yield* requests, 2)
      yield* TestClock.adjust("59999 millis")
      assert.deepStrictEqual([...new Set(yield* many(100, secret))], [first])
      assert.strictEqual(yield* requests, 2)
      yield* TestClock.adjust("1 millis")
      const second = [...new Set(yield* many(1000, secret))]
      assert.lengthOf(second, 1)
      assert.notStrictEqual(second[0], first)
      assert.strictEqual(yield* requests, 3)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("begins to look for a successor as early as it is told", () =>
    Effect.gen(function* () {
      yield* get
      yield* TestClock.adjust("54 minutes")
      yield* get
      assert.strictEqual(yield* requests, 1)
      yield* TestClock.adjust("1 minutes")
      yield* get
      yield* settle
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer({ refreshMargin: "5 minutes" })))
  )

  it.effect("serves 100 of 100 from the old token while the endpoint answers 503, asking once", () =>
    Effect.gen(function* () {
      const first = yield* secret
      yield* TestClock.adjust("59 minutes")
      yield* fails(ThingSpaceEmulator.answer(503), paths.token, Number.POSITIVE_INFINITY)
      const served: Array<string> = []
      for (let n = 0; n < 100; n++) {
        served.push(yield* secret)
        yield* TestClock.adjust("500 millis")
      }
      assert.deepStrictEqual([served.length, ...new Set(served)], [100, first])
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("makes nobody wait for a background attempt that does not answer", () =>
    Effect.gen(function* () {
      const first = yield* secret
      yield* TestClock.adjust("59 minutes")
      yield* fails(ThingSpaceEmulator.hang, paths.token)
      assert.deepStrictEqual([...new Set(yield* many(100, secret))], [first])
      yield* TestClock.adjust("59 seconds")
      assert.strictEqual(yield* secret, first)
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("counts from before the request was sent, not from the answer", () =>
    Effect.gen(function* () {
      const caller = yield* Effect.fork(get)
      yield* TestClock.adjust("5 seconds")
      const token = yield* Fiber.join(caller)
      assert.deepStrictEqual(Option.map(token.expiresAt, DateTime.toEpochMillis), Option.some(3_600_000))
    }).pipe(Effect.provide(layer({}, { responseLatency: "5 seconds" })))
  )

  it.effect("uses the time that is left of a token that somebody else got first", () =>
    Effect.gen(function* () {
      const client = yield* OAuthClient.OAuthClient
      yield* client.requestToken(credentials)
      yield* TestClock.adjust("40 minutes")
      const token = yield* get
      assert.deepStrictEqual(Option.map(token.expiresAt, DateTime.toEpochMillis), Option.some(3_600_000))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("uses a token without a lifetime until it is refused", () =>
    Effect.gen(function* () {
      yield* fails(issues({ access_token: "endless", token_type: "Bearer" }), paths.token)
      const token = yield* get
      assert.isTrue(Option.isNone(token.expiresAt))
      yield* TestClock.adjust("5000 days")
      assert.strictEqual(yield* secret, "endless")
      assert.strictEqual(yield* requests, 1)
      yield* invalidate(token)
      assert.notStrictEqual(yield* secret, "endless")
    }).pipe(Effect.provide(layer()))
  )

  it.effect("discards the background attempt when the token is refused, without a second request beside it", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const first = yield* get
      yield* TestClock.adjust("59 minutes")
      yield* fails(issues({ access_token: "discarded", token_type: "Bearer" }), paths.token)
      yield* get
      yield* TestClock.adjust("500 millis")
      yield* emulator.revokeAll
      yield* invalidate(first)
      const callers = yield* Effect.forEach([1, 2, 3], () => Effect.fork(secret))
      yield* TestClock.adjust("2 seconds")
      const secrets = [...new Set(yield* Fiber.join(Fiber.all(callers)))]
      assert.lengthOf(secrets, 1)
      assert.notInclude([Redacted.value(first.secret), "discarded"], secrets[0])
    }).pipe(
      Effect.provide(layer({}, { responseLatency: (n, path) => (path === paths.token && n > 1 ? "1 seconds" : 0) }))
    )
  )
})

describe("invalidate", () => {
  it.effect("has the next caller get another token", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const first = yield* get
      yield* emulator.revokeAll
      yield* invalidate(first)
      assert.notStrictEqual(yield* secret, Redacted.value(first.secret))
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("compares by the secret's value, whatever else the token says", () =>
    Effect.gen(function* () {
      const first = yield* get
      yield* invalidate(
        new AccessToken({ secret: Redacted.make(Redacted.value(first.secret)), expiresAt: Option.none() })
      )
      yield* get
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("does nothing for a token that is not the current one", () =>
    Effect.gen(function* () {
      yield* get
      yield* invalidate(new AccessToken({ secret: Redacted.make("another"), expiresAt: Option.none() }))
      yield* get
      assert.strictEqual(yield* requests, 1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("drops a token that was handed back again: how often is for the client to limit", () =>
    Effect.gen(function* () {
      const first = yield* get
      yield* invalidate(first)
      const second = yield* get
      assert.strictEqual(Redacted.value(second.secret), Redacted.value(first.secret))
      yield* invalidate(second)
      yield* get
      assert.strictEqual(yield* requests, 3)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("warns once, naming the token by its fingerprint", () => {
    const log = logging()
    return Effect.gen(function* () {
      const token = yield* get
      yield* invalidate(token)
      yield* invalidate(token)
      const warnings = log.at("WARN")
      assert.lengthOf(warnings, 1)
      assert.include(warnings[0], fingerprint(token))
      for (const { text } of log.lines) assert.notInclude(text, Redacted.value(token.secret))
    }).pipe(Effect.provide(Layer.provideMerge(layer(), log.layer)))
  })
})

describe("revoke", () => {
  it.effect("ends the token at the platform, and the next caller gets another", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const first = yield* secret
      yield* revoke
      assert.deepStrictEqual(yield* emulator.currentToken, Option.none())
      assert.notStrictEqual(yield* secret, first)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("forgets the token before it asks, so that it is forgotten also where the call fails", () =>
    Effect.gen(function* () {
      yield* get
      yield* fails(ThingSpaceEmulator.answer(503), paths.revoke)
      assert.strictEqual((yield* Effect.flip(revoke))._tag, "EndpointError")
      yield* get
      assert.strictEqual(yield* requests, 2)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("sends nothing where no token is held", () =>
    Effect.gen(function* () {
      yield* revoke
      yield* get
      yield* revoke
      yield* revoke
      assert.lengthOf(yield* received(paths.revoke), 1)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("does not keep a token that a caller was handed while the revocation was on its way", () =>
    Effect.gen(function* () {
      const first = yield* get
      const revoking = yield* Effect.fork(revoke)
      yield* settle
      const meanwhile = yield* get
      assert.strictEqual(Redacted.value(meanwhile.secret), Redacted.value(first.secret))
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(revoking)
      yield* invalidate(meanwhile)
      assert.notStrictEqual(yield* secret, Redacted.value(first.secret))
    }).pipe(Effect.provide(layer({}, { requestLatency: (_, path) => (path === paths.revoke ? "1 seconds" : 0) })))
  )

  it.effect("waits for the token that is being acquired", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const caller = yield* Effect.fork(get)
      yield* settle
      const revoking = yield* Effect.fork(revoke)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(caller)
      yield* Fiber.join(revoking)
      assert.deepStrictEqual(yield* emulator.currentToken, Option.none())
    }).pipe(Effect.provide(layer({}, { requestLatency: (_, path) => (path === paths.token ? "1 seconds" : 0) })))
  )
})

describe("layerStatic", () => {
  const { simulatorToken } = ThingSpaceEmulator.defaults

  it.effect("hands out the one token, whatever is said of it", () =>
    Effect.gen(function* () {
      const token = yield* get
      yield* invalidate(token)
      yield* revoke
      assert.strictEqual(yield* secret, simulatorToken)
      assert.deepStrictEqual(token.expiresAt, Option.none())
    }).pipe(Effect.provide(TokenSource.layerStatic(Redacted.make(simulatorToken))))
  )

  it.effect.each(["", "a\r\nb", " a", "a\u0000", "€"])("refuses %j, which no header can carry", (text) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(get)
      assert.strictEqual(error._tag === "EndpointError" ? error.reason : error, "NotSent")
    }).pipe(Effect.provide(TokenSource.layerStatic(Redacted.make(text))))
  )
})

describe("callers at the expiry who join a renewal that is under way", () => {
  it.effect("get the successor, and not the token that the renewal was handed back", () =>
    Effect.gen(function* () {
      const old = yield* secret
      yield* TestClock.adjust("3597 seconds")
      yield* get
      yield* settle
      yield* TestClock.adjust("4 seconds")
      const callers = yield* Effect.fork(many(10, secret))
      yield* TestClock.adjust("10 seconds")
      assert.notInclude(yield* Fiber.join(callers), old)
      assert.strictEqual(yield* requests, 3)
    }).pipe(Effect.provide(layer(undefined, { responseLatency: (n) => (n === 2 ? "5 seconds" : 0) })))
  )
})

describe("a source of the key and secret that hangs", () => {
  it.effect("fails those who wait after the deadline, and does not keep the next from succeeding", () =>
    Effect.gen(function* () {
      const reads = yield* Ref.make(0)
      const vault = Effect.flatMap(
        Ref.getAndUpdate(reads, (n) => n + 1),
        (n) => (n === 0 ? Effect.never : Effect.succeed(credentials))
      )
      const hanging = TokenSource.layer().pipe(
        Layer.provideMerge(Layer.merge(OAuthClient.layer, Credentials.layerAppEffect(vault))),
        Layer.provideMerge(ThingSpaceEmulator.layer())
      )
      yield* Effect.gen(function* () {
        const waiting = yield* Effect.fork(many(3, Effect.flip(get)))
        yield* TestClock.adjust("10 seconds")
        const tags = Array.from(yield* Fiber.join(waiting), (error) => error._tag)
        assert.deepStrictEqual(tags, ["CredentialsError", "CredentialsError", "CredentialsError"])
        yield* get
      }).pipe(Effect.provide(hanging))
    })
  )
})

describe("a static source", () => {
  it.effect("prints nothing of its token", () =>
    Effect.gen(function* () {
      const secretText = "a-static-token-of-somebody"
      const staticLayer = TokenSource.layerStatic(Redacted.make(secretText))
      const service = yield* Effect.provide(TokenSource.TokenSource, staticLayer)
      for (const value of [staticLayer, service, service.get]) {
        assert.notInclude(inspect(value, { depth: 12, showHidden: true }), secretText)
        assert.notInclude(JSON.stringify(value) ?? "", secretText)
      }
      assert.strictEqual(Redacted.value((yield* service.get).secret), secretText)
    })
  )
})

describe("unsafePeek", () => {
  it.effect("shows the token for as long as nobody has to be asked", () =>
    Effect.gen(function* () {
      const source = yield* TokenSource.TokenSource
      assert.isUndefined(source.unsafePeek?.(0))
      const token = yield* source.get
      const until = 59 * 60_000
      assert.strictEqual(source.unsafePeek?.(until - 1), token)
      assert.isUndefined(source.unsafePeek?.(until))
      yield* source.invalidate(token)
      assert.isUndefined(source.unsafePeek?.(0))
    }).pipe(Effect.provide(layer()))
  )

  it.effect("shows a static token, unless no header can carry it", () =>
    Effect.gen(function* () {
      const sourceOf = (secret: string) =>
        Effect.provide(TokenSource.TokenSource, TokenSource.layerStatic(Redacted.make(secret)))
      const source = yield* sourceOf("a static token")
      assert.strictEqual(source.unsafePeek?.(0), yield* source.get)
      assert.isUndefined((yield* sourceOf("a\nb")).unsafePeek?.(0))
    })
  )
})

describe("isCurrent", () => {
  it.effect("knows the token that is held by its secret", () =>
    Effect.gen(function* () {
      const source = yield* TokenSource.TokenSource
      const token = yield* source.get
      const copy = new AccessToken({ secret: Redacted.make(Redacted.value(token.secret)), expiresAt: Option.none() })
      assert.isTrue(source.isCurrent?.(token))
      assert.isTrue(source.isCurrent?.(copy))
      yield* source.invalidate(copy)
      assert.isFalse(source.isCurrent?.(token))
    }).pipe(Effect.provide(layer()))
  )
})

describe("a source that somebody wraps", () => {
  const other = new AccessToken({ secret: Redacted.make("of the wrapper"), expiresAt: Option.none() })
  const wrappers: ReadonlyArray<readonly [how: string, wrap: (source: TokenSource.Service) => TokenSource.Service]> = [
    ["by a spread", (source) => ({ ...source, get: Effect.succeed(other) })],
    ["by inheritance", (source) => Object.create(source, { get: { value: Effect.succeed(other) } })]
  ]
  it.effect.each(wrappers)("%s is asked through its own get", ([, wrap]) =>
    Effect.gen(function* () {
      const source = yield* TokenSource.TokenSource
      yield* source.get
      const wrapped = wrap(source)
      assert.isUndefined(wrapped.unsafePeek?.(0))
      assert.isTrue(wrapped.isCurrent?.(other) ?? true)
      const { client, sent } = recorder.make(recorder.answering(200))
      yield* ThingSpaceHttpClient.withAccessToken(client, { tokens: wrapped }).get("/api/m2m/v1/accounts")
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers.authorization),
        ["Bearer of the wrapper"]
      )
      assert.strictEqual(wrapped.platform, source.platform)
    }).pipe(Effect.provide(layer()))
  )
})

describe("map", () => {
  const suffixed = (token: AccessToken) =>
    new AccessToken({ secret: Redacted.make(`${Redacted.value(token.secret)}-suffixed`), expiresAt: token.expiresAt })

  it.effect("hands out what the function makes of each token, once, also without an effect", () =>
    Effect.gen(function* () {
      const source = yield* TokenSource.TokenSource
      let calls = 0
      const mapped = TokenSource.map(source, (token) => {
        calls += 1
        return suffixed(token)
      })
      assert.isUndefined(mapped.unsafePeek?.(0))
      const token = yield* mapped.get
      assert.strictEqual(Redacted.value(token.secret), `${yield* secret}-suffixed`)
      assert.strictEqual(mapped.unsafePeek?.(0), token)
      assert.strictEqual(yield* mapped.get, token)
      assert.strictEqual(calls, 1)
      assert.strictEqual(mapped.platform, source.platform)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("forgets and revokes the token that the source holds", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const mapped = TokenSource.map(suffixed)(yield* TokenSource.TokenSource)
      const first = yield* mapped.get
      assert.isTrue(mapped.isCurrent?.(first))
      yield* emulator.revokeAll
      yield* mapped.invalidate(first)
      assert.isFalse(mapped.isCurrent?.(first))
      yield* mapped.get
      yield* mapped.invalidate(first)
      assert.strictEqual(yield* requests, 2)
      yield* mapped.revoke
      assert.deepStrictEqual(yield* emulator.currentToken, Option.none())
    }).pipe(Effect.provide(layer()))
  )

  it.effect("asks a source that shows nothing without an effect through its get", () =>
    Effect.gen(function* () {
      const mapped = TokenSource.map({ ...(yield* TokenSource.TokenSource) }, suffixed)
      yield* mapped.get
      assert.isUndefined(mapped.unsafePeek?.(0))
      assert.include(Redacted.value((yield* mapped.get).secret), "-suffixed")
    }).pipe(Effect.provide(layer()))
  )
})

describe("platform", () => {
  it.effect("is the one whose settings were in force when the source was built", () =>
    Effect.gen(function* () {
      const settings = yield* ThingSpaceConfig.make({ baseUrl: "https://sandbox.example" })
      const config = Layer.succeed(ThingSpaceConfig.ThingSpaceConfig, settings)
      const still = Layer.provide(TokenSource.layerStatic(Redacted.make("a static token")), config)
      const live = Layer.provide(layer(), config)
      for (const one of [still, live]) {
        assert.strictEqual((yield* Effect.provide(TokenSource.TokenSource, one)).platform, settings)
      }
    })
  )
})

describe("a token that is handed out again at its end", () => {
  const handedBack = (token: AccessToken, times: number) =>
    fails(
      issues({ access_token: Redacted.value(token.secret), token_type: "Bearer", expires_in: 0 }),
      paths.token,
      times
    )

  it.effect("is asked for again every 250 milliseconds, until there is another", () =>
    Effect.gen(function* () {
      const first = yield* get
      yield* TestClock.adjust("1 hours")
      yield* handedBack(first, 2)
      const callers = yield* Effect.fork(many(10, secret))
      yield* TestClock.adjust("499 millis")
      assert.strictEqual(yield* requests, 3)
      assert.isTrue(Option.isNone(yield* Fiber.poll(callers)))
      yield* TestClock.adjust("1 millis")
      assert.notInclude(yield* Fiber.join(callers), Redacted.value(first.secret))
      assert.strictEqual(yield* requests, 4)
    }).pipe(Effect.provide(layer()))
  )

  it.effect("makes no call fail: the slowest waits half a second longer than the platform lags", () => {
    const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))
    return Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* call
      const token = yield* get
      yield* emulator.revokeAll
      yield* handedBack(token, 2)
      const calls = yield* Effect.fork(many(50, call))
      yield* TestClock.adjust("500 millis")
      assert.deepStrictEqual([...new Set((yield* Fiber.join(calls)).map(({ status }) => status))], [200])
      assert.strictEqual(yield* requests, 4)
    }).pipe(Effect.provide(pipeline.layer()))
  })
})

describe("a request whose fiber the runtime drops", () => {
  it.effect("costs those who wait its deadline, and nobody after them", () =>
    Effect.gen(function* () {
      const sent: Array<number> = []
      const client = Layer.succeed(OAuthClient.OAuthClient, {
        requestToken: () =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            sent.push(now / 1000)
            const token = new AccessToken({ secret: Redacted.make(`token ${sent.length}`), expiresAt: Option.none() })
            return sent.length === 1 ? Effect.uninterruptible(Effect.never) : Effect.succeed(token)
          }),
        revokeToken: () => Effect.void
      })
      // Not closed: closing waits for the fiber for two seconds.
      const context = yield* TokenSource.layer().pipe(
        Layer.provide([client, Credentials.layerApp(credentials)]),
        Layer.buildWithScope(yield* Scope.make())
      )
      yield* Effect.gen(function* () {
        const first = yield* Effect.fork(Effect.flip(get))
        yield* TestClock.adjust("1 seconds")
        const joined = yield* Effect.fork(many(10, secret))
        yield* TestClock.adjust("29 seconds")
        const error = yield* Fiber.join(first)
        assert.strictEqual(error._tag === "EndpointError" ? error.reason : error, "Timeout")
        assert.deepStrictEqual([...new Set(yield* Fiber.join(joined))], ["token 2"])
        assert.strictEqual(yield* secret, "token 2")
        assert.deepStrictEqual(sent, [0, 30])
      }).pipe(Effect.provide(context))
    })
  )
})
