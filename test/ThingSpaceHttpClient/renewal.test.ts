import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as Credentials from "../../src/Credentials.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { make as makeVirtualClock, type VirtualClock } from "../simulation/virtualClock.js"
import * as pipeline from "../utils/pipeline.js"

const { account, cost, paths, received, settle } = pipeline

const call = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))
const status = Effect.map(call, (response) => response.status)
const statuses = (count: number) =>
  Effect.forEach(Array.from({ length: count }), () => status, { concurrency: "unbounded" })
const emulated = <A, E, R>(use: (emulator: ThingSpaceEmulator.Service) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, use)
const fails = (fault: ThingSpaceEmulator.Fault, path: string, times?: number) =>
  emulated((emulator) => emulator.failNext(fault, { path, times }))

describe("a cold pipeline", () => {
  it.effect("serves 10,000 fibers with one token request and one login", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual([...new Set(yield* statuses(10_000))], [200])
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("serves the others when the first caller is interrupted, still with one of each", () =>
    Effect.gen(function* () {
      const first = yield* Effect.fork(status)
      yield* settle
      const others = yield* Effect.fork(statuses(100))
      yield* settle
      yield* Fiber.interrupt(first)
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual([...new Set(yield* Fiber.join(others))], [200])
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer({}, { responseLatency: "1 seconds" })))
  )

  it.effect("works for the next caller when all were interrupted while the token did not come", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.hang, paths.token)
      const callers = yield* Effect.fork(statuses(100))
      yield* settle
      yield* Fiber.interrupt(callers)
      const next = yield* Effect.fork(Effect.flip(status))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(next))._tag, "EndpointError")
      assert.strictEqual(yield* status, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("works for the next caller when all were interrupted while the login was under way", () =>
    Effect.gen(function* () {
      const callers = yield* Effect.fork(statuses(100))
      yield* settle
      yield* Fiber.interrupt(callers)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual(yield* status, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(
      Effect.provide(pipeline.layer({}, { responseLatency: (_, path) => (path === paths.login ? "1 seconds" : 0) }))
    )
  )
})

describe("200 calls in flight", () => {
  /** Spread over two seconds, the answers in another order than the requests. */
  const staggered = (n: number, path: string) => (path === account ? ((n * 3) % 5) * 400 : 50)
  const platforms: ReadonlyArray<readonly [string, ThingSpaceEmulator.Options]> = [
    ["with staggered answers", { responseLatency: staggered }],
    ["with staggered answers and one session per user", { responseLatency: staggered, singleSession: true }],
    [
      "with all staggered and one session per user",
      { requestLatency: staggered, responseLatency: staggered, singleSession: true }
    ]
  ]
  /** `TestClock` waits for timers of the real clock at each waking, and 200 calls wake a thousand times. */
  const onVirtualClock = <A, E>(
    platform: ThingSpaceEmulator.Options,
    program: (
      advance: VirtualClock["advance"]
    ) => Effect.Effect<A, E, Layer.Layer.Success<ReturnType<typeof pipeline.layer>>>
  ) =>
    Effect.suspend(() => {
      const { advance, steady } = makeVirtualClock()
      return Effect.withClock(Effect.provide(program(advance), pipeline.layer({}, platform)), steady)
    })
  const inFlight = (
    platform: ThingSpaceEmulator.Options,
    death: (emulator: ThingSpaceEmulator.Service) => Effect.Effect<void>
  ) =>
    onVirtualClock(platform, (advance) =>
      Effect.gen(function* () {
        const warm = yield* Effect.fork(status)
        yield* advance(10_000)
        yield* Fiber.join(warm)
        yield* emulated(death)
        const calls = yield* Effect.fork(statuses(200))
        yield* advance(20_000)
        const all = yield* Fiber.join(calls)
        assert.deepStrictEqual([all.length, ...new Set(all)], [200, 200])
        return yield* cost
      })
    )

  it.effect.each(platforms)("all succeed with exactly one login when the session has died, %s", ([, platform]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* inFlight(platform, (emulator) => emulator.endSessions), { tokens: 1, logins: 2 })
    })
  )

  it.effect.each(platforms)("all succeed with exactly one token when it has been revoked, %s", ([, platform]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* inFlight(platform, (emulator) => emulator.revokeAll), { tokens: 2, logins: 1 })
    })
  )

  it.effect.each(platforms)("all succeed with exactly one of each when both have ended, %s", ([, platform]) =>
    Effect.gen(function* () {
      const death = (emulator: ThingSpaceEmulator.Service) => Effect.zipRight(emulator.endSessions, emulator.revokeAll)
      assert.deepStrictEqual(yield* inFlight(platform, death), { tokens: 2, logins: 2 })
    })
  )

  it.effect("all succeed when the session dies while some are on their way and others have been answered", () =>
    onVirtualClock({ requestLatency: staggered, responseLatency: staggered, singleSession: true }, (advance) =>
      Effect.gen(function* () {
        yield* Effect.fork(status)
        yield* advance(10_000)
        const calls = yield* Effect.fork(statuses(200))
        yield* advance(950)
        yield* emulated((emulator) => emulator.endSessions)
        yield* advance(20_000)
        assert.deepStrictEqual([...new Set(yield* Fiber.join(calls))], [200])
        assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
      })
    )
  )
})

describe("over time", () => {
  it.effect("50 requests a second cross the hour with two token requests in its last five minutes", () =>
    Effect.gen(function* () {
      yield* Effect.fork(status)
      yield* TestClock.adjust("55 minutes")
      const before = yield* cost
      const seen: Array<number> = []
      const calls = (count: number) =>
        Effect.forkAll(Array.from({ length: count }, () => Effect.map(status, (one) => seen.push(one))))
      for (let second = 0; second < 305; second++) {
        // Finely around the times at which something happens.
        const ticks = [239, 240, 298, 299, 300, 301].includes(second) ? 10 : 1
        for (let tick = 0; tick < ticks; tick++) {
          yield* calls(50 / ticks)
          yield* TestClock.adjust(1000 / ticks)
        }
      }
      assert.deepStrictEqual([...new Set(seen)], [200])
      assert.isAtLeast(seen.length, 50 * 304)
      assert.isAtMost((yield* cost).tokens - before.tokens, 2)
      assert.strictEqual((yield* cost).logins, before.logins)
    }).pipe(Effect.provide(pipeline.layer({}, { requestLatency: (n) => (n > 14_900 ? (n % 2) * 70 : 0) })))
  )

  it.effect("the idle time counts from the sending of the last request that was accepted", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const path = (all: ReadonlyArray<ThingSpaceEmulator.Exchange>) => all.map(({ at }) => at / 60_000)
      yield* client.get(account)
      yield* TestClock.adjust("10 minutes")
      yield* fails(ThingSpaceEmulator.answer(200), account)
      const slow = yield* Effect.fork(client.get(account))
      yield* TestClock.adjust("4 minutes")
      yield* fails(ThingSpaceEmulator.answer(404), account)
      yield* Effect.fork(client.get(account))
      yield* TestClock.adjust("1 minutes")
      yield* Fiber.join(slow)
      yield* TestClock.adjust("14 minutes")
      assert.deepStrictEqual(path(yield* received(paths.login)), [0])
      yield* TestClock.adjust("1 minutes")
      assert.deepStrictEqual(path(yield* received(paths.login)), [0, 30])
    }).pipe(
      Effect.provide(
        pipeline.layer({}, { responseLatency: (n, path) => (path === account && n > 3 ? "1 minutes" : 0) })
      )
    )
  )

  it.effect("used at minute 19: no login at minute 20, one at minute 39", () =>
    Effect.gen(function* () {
      yield* status
      yield* TestClock.adjust("19 minutes")
      yield* status
      yield* TestClock.adjust("1199999 millis")
      assert.strictEqual((yield* cost).logins, 1)
      yield* TestClock.adjust(1)
      assert.strictEqual((yield* cost).logins, 2)
      assert.strictEqual(yield* status, 200)
      assert.strictEqual((yield* cost).logins, 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("a dead credential", () => {
  interface Product {
    readonly method: "GET" | "POST"
    readonly url: string
  }
  const products: ReadonlyArray<readonly [string, Product]> = [
    ["Connectivity", { method: "GET", url: account }],
    ["Connectivity v2", { method: "GET", url: account.replace("v1", "v2") }],
    ["Device Location", { method: "POST", url: "/api/loc/v1/echo" }],
    ["Cloud Connector", { method: "GET", url: "/api/cc/v1/subscriptions" }],
    ["Cloud Connector, configuration", { method: "GET", url: "/api/cc/v1/devices/configuration" }],
    ["Diagnostics", { method: "GET", url: "/api/diagnostics/v1/subscriptions" }],
    ["Software Management", { method: "GET", url: "/api/fota/v2/devices" }],
    ["Subscriptions", { method: "GET", url: "/api/subsc/v1/subscriptions" }],
    ["ETX", { method: "GET", url: "https://imp.thingspace.verizon.com/api/v2/clients" }]
  ]
  const healed = (product: Product, death: (emulator: ThingSpaceEmulator.Service) => Effect.Effect<void>) =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const request = HttpClientRequest.make(product.method)(product.url)
      assert.strictEqual((yield* client.execute(request)).status, 200)
      yield* emulated(death)
      assert.strictEqual((yield* client.execute(request)).status, 200)
      return yield* cost
    })

  it.effect.each(products)("is a session that is renewed for %s", ([, product]) =>
    Effect.gen(function* () {
      const spent = yield* healed(product, (emulator) => emulator.endSessions)
      assert.strictEqual(spent.logins, 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect.each(products)("is a token that is renewed for %s", ([, product]) =>
    Effect.gen(function* () {
      const spent = yield* healed(product, (emulator) => emulator.revokeAll)
      assert.deepStrictEqual(spent, { tokens: 2, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect.each(products)("is both, one after the other, for %s", ([, product]) =>
    Effect.gen(function* () {
      const spent = yield* healed(product, (emulator) => Effect.zipRight(emulator.endSessions, emulator.revokeAll))
      assert.strictEqual(spent.tokens, 2)
      assert.strictEqual(spent.logins, 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("heals again and again, without a pause between", () =>
    Effect.gen(function* () {
      for (let n = 0; n < 10; n++) {
        assert.strictEqual(yield* status, 200)
        yield* emulated((emulator) => (n % 2 === 0 ? emulator.endSessions : emulator.revokeAll))
      }
      assert.strictEqual(yield* status, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 6, logins: 6 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("heals also where the one before it was renewed for a caller who left", () =>
    Effect.gen(function* () {
      const warm = yield* Effect.fork(status)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(warm)
      yield* emulated((emulator) => emulator.endSessions)
      const impatient = yield* Effect.fork(Effect.timeoutOption(status, "2500 millis"))
      yield* TestClock.adjust("10 seconds")
      assert.isTrue(Option.isNone(yield* Fiber.join(impatient)))
      yield* emulated((emulator) => emulator.endSessions)
      const patient = yield* Effect.fork(status)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(patient), 200)
    }).pipe(Effect.provide(pipeline.layer({}, { responseLatency: "1 seconds" })))
  )

  it.effect("heals also where the request that was sent again was lost", () =>
    Effect.gen(function* () {
      yield* status
      yield* emulated((emulator) => emulator.endSessions)
      yield* fails(
        ThingSpaceEmulator.answer(400, {
          body: '{"errorCode":"UnifiedWebService.REQUEST_FAILED.SessionToken.Expired"}'
        }),
        account
      )
      yield* fails(ThingSpaceEmulator.lostRequest, account)
      assert.strictEqual((yield* Effect.flip(status))._tag, "RequestError")
      yield* emulated((emulator) => emulator.endSessions)
      assert.strictEqual(yield* status, 200)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("heals also where the first attempt to replace it failed", () =>
    Effect.gen(function* () {
      yield* status
      yield* emulated((emulator) => emulator.revokeAll)
      yield* fails(ThingSpaceEmulator.answer(503), paths.token)
      assert.strictEqual((yield* Effect.flip(status))._tag, "EndpointError")
      assert.strictEqual(yield* status, 200)
      yield* emulated((emulator) => emulator.revokeAll)
      assert.strictEqual(yield* status, 200)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("heals seconds after one that a body which is read once only has met", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const upload = HttpClientRequest.post("/api/m2m/v1/echo").pipe(
        HttpClientRequest.bodyStream(Stream.make(new TextEncoder().encode("a")))
      )
      assert.strictEqual(yield* status, 200)
      for (let n = 0; n < 3; n++) {
        yield* emulated((emulator) => emulator.endSessions)
        assert.strictEqual((yield* client.execute(upload)).status, 400)
        assert.strictEqual(yield* status, 200)
        yield* emulated((emulator) => emulator.revokeAll)
        assert.strictEqual((yield* client.execute(upload)).status, 401)
        assert.strictEqual(yield* status, 200)
        yield* TestClock.adjust("2 seconds")
      }
      assert.deepStrictEqual(yield* cost, { tokens: 4, logins: 4 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is a session that is not sent by a call which waits for the token while the session is refused", () =>
    Effect.gen(function* () {
      const warm = yield* Effect.fork(status)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(warm)
      yield* emulated((emulator) => emulator.endSessions)
      const refused = yield* Effect.fork(status)
      yield* settle
      const tokens = yield* TokenSource.TokenSource
      yield* tokens.invalidate(yield* tokens.get)
      const waiting = yield* Effect.fork(status)
      yield* TestClock.adjust("10 seconds")
      assert.deepStrictEqual([yield* Fiber.join(refused), yield* Fiber.join(waiting)], [200, 200])
      assert.deepStrictEqual(
        (yield* received(account)).map((exchange) => exchange.status),
        [200, 400, 200, 200]
      )
    }).pipe(
      Effect.provide(
        pipeline.layer(
          {},
          {
            requestLatency: (_, path) => (path === paths.token ? "2 seconds" : 0),
            responseLatency: (_, path) => (path === account ? "1 seconds" : 0)
          }
        )
      )
    )
  )

  it.effect("heals in the moment after a revocation of our own that calls have raced", () =>
    Effect.gen(function* () {
      const tokens = yield* TokenSource.TokenSource
      yield* status
      const revoking = yield* Effect.fork(tokens.revoke)
      yield* settle
      assert.strictEqual(yield* status, 200)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(revoking)
      assert.strictEqual(yield* status, 200)
    }).pipe(
      Effect.provide(pipeline.layer({}, { requestLatency: (_, path) => (path === paths.revoke ? "1 seconds" : 0) }))
    )
  )
})

describe("a wrong password", () => {
  it.effect("is sent once, and calls work again once the source has another", () =>
    Effect.gen(function* () {
      const user = yield* Ref.make<Credentials.Uws>({ ...pipeline.credentials, password: Redacted.make("wrong") })
      const rotating = ThingSpaceHttpClient.layerFromSources.pipe(
        Layer.provideMerge(SessionSource.layer()),
        Layer.provideMerge(Layer.merge(TokenSource.layer(), LoginGuard.layer)),
        Layer.provide(Layer.merge(OAuthClient.layer, SessionClient.layer)),
        Layer.provide(
          Layer.merge(Credentials.layerApp(pipeline.credentials), Credentials.layerUwsEffect(Ref.get(user)))
        ),
        Layer.provideMerge(ThingSpaceEmulator.layer())
      )
      yield* Effect.gen(function* () {
        const errors = yield* Effect.forEach(Array.from({ length: 100 }), () =>
          Effect.zipLeft(Effect.flip(call), TestClock.adjust("600 millis"))
        )
        assert.deepStrictEqual([...new Set(errors.map(({ _tag }) => _tag))], ["SessionError", "LoginBlocked"])
        assert.strictEqual((yield* cost).logins, 1)
        yield* Ref.set(user, pipeline.credentials)
        assert.strictEqual(yield* status, 200)
        assert.strictEqual((yield* cost).logins, 2)
      }).pipe(Effect.provide(rotating))
    })
  )
})
