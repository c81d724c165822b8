import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import { apiOf, RenewalBackoff } from "../../src/internal/client/renewalBackoff.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as pipeline from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"

const { account, cost, settle } = pipeline

const invalidToken = JSON.stringify({ fault: { code: "900901", message: "", description: "" } })
const deadSession = JSON.stringify({ errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired" })

const endSessions = Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, (emulator) => emulator.endSessions)
const get = (path: string) => Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(path))
const upload = (path: string) =>
  HttpClientRequest.post(path).pipe(HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1]))))

/** A client over numbered credentials, and what they have cost so far. */
const over = (answer: recorder.Answer) => {
  const { client, sent } = recorder.make(answer)
  const sources = pipeline.ownSources()
  const renewals = () => ({ tokens: sources.state.token - 1, sessions: sources.state.session - 1 })
  return { client: ThingSpaceHttpClient.withSession(client, sources), sent, renewals, sources }
}

describe("an API node that lags behind a new token by 3 seconds", () => {
  const lag = 3000

  it.effect.each([
    ["that the platform hands out again and again", false],
    ["where each renewal brings another", true]
  ] as const)("is back after twice the lag at most, with a token %s", ([, another]) =>
    Effect.gen(function* () {
      const issuedAt = new Map([["Bearer token-1", Number.NEGATIVE_INFINITY]])
      let revoked = false
      const { client, sources } = over((request) =>
        Effect.map(Clock.currentTimeMillis, (now) => {
          const token = request.headers.authorization ?? ""
          if (!issuedAt.has(token)) issuedAt.set(token, now)
          const knows = now >= (issuedAt.get(token) ?? now) + lag && !(revoked && token === "Bearer token-1")
          return knows
            ? new Response("fine")
            : new Response(invalidToken, { status: 401, headers: { "content-type": "application/json" } })
        })
      )
      assert.strictEqual((yield* client.get("/a")).status, 200)
      revoked = true
      if (!another) {
        yield* client.get("/a")
        Object.assign(sources.tokens, { invalidate: () => Effect.void })
      }
      let waited = 0
      while ((yield* client.get("/a")).status !== 200) {
        yield* TestClock.adjust("50 millis")
        waited += 50
      }
      assert.isAtMost(waited, 2 * lag)
    })
  )
})

describe("sessions that die now and then", () => {
  it.effect("are replaced, every one, where only bodies that are read once meet them", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      yield* get(account)
      for (let death = 1; death <= 12; death++) {
        yield* endSessions
        assert.strictEqual((yield* client.execute(upload("/api/m2m/v1/echo"))).status, 400)
        assert.strictEqual((yield* client.execute(upload("/api/m2m/v1/echo"))).status, 200)
        assert.strictEqual((yield* cost).logins, death + 1)
        yield* TestClock.adjust("10 seconds")
      }
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("are replaced, every one, where callers leave while they are", () =>
    Effect.gen(function* () {
      const timely = Effect.fork(Effect.timeoutOption(get(account), "2500 millis"))
      yield* Effect.fork(get(account))
      yield* TestClock.adjust("10 seconds")
      for (let death = 1; death <= 12; death++) {
        yield* endSessions
        const impatient = yield* timely
        yield* TestClock.adjust("5 seconds")
        assert.isTrue(Option.isNone(yield* Fiber.join(impatient)))
        const next = yield* timely
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(Option.getOrThrow(yield* Fiber.join(next)).status, 200)
      }
    }).pipe(
      Effect.provide(
        pipeline.layer({}, { responseLatency: (_, path) => (path === pipeline.paths.login ? 2000 : 1000) })
      )
    )
  )
})

describe("an API that answers 401 whatever is sent", () => {
  const always = recorder.answering(401)

  it.effect("has three renewals in a minute at most, whatever its paths", () =>
    Effect.gen(function* () {
      const { client, renewals } = over(always)
      for (let id = 0; id < 300; id++) {
        assert.strictEqual((yield* client.get(`/api/devices/${id}/status`)).status, 401)
        yield* TestClock.adjust("100 millis")
      }
      assert.isAtMost(renewals().tokens, 3)
      assert.isAtMost(renewals().sessions, 3)
    })
  )

  it.effect("has three renewals in a minute at most, whatever its paths, also from calls at once", () =>
    Effect.gen(function* () {
      const { client, renewals } = over((request) => Effect.delay(always(request), "20 millis"))
      const calls = yield* Effect.fork(
        Effect.forEach(
          Array.from({ length: 60 }, (_, id) => id),
          (id) => Effect.replicateEffect(client.get(`/api/devices/${id}/status`), 5),
          { concurrency: "unbounded" }
        )
      )
      for (let turn = 0; turn < 40; turn++) yield* TestClock.adjust("20 millis")
      yield* Fiber.join(calls)
      assert.isAtMost(renewals().tokens, 3)
      assert.isAtMost(renewals().sessions, 3)
    })
  )

  it.effect("has three renewals in a minute at most for bodies that are read once", () =>
    Effect.gen(function* () {
      const { client, renewals } = over(always)
      for (let n = 0; n < 60; n++) {
        assert.strictEqual((yield* client.execute(upload(`/api/devices/${n}/status`))).status, 401)
        assert.strictEqual((yield* client.execute(upload("/api/m2m/v1/devices"))).status, 401)
        yield* TestClock.adjust("500 millis")
      }
      assert.isAtMost(renewals().tokens, 3)
      assert.isAtMost(renewals().sessions, 3)
    })
  )
})

describe("one resource that always refuses, in an API that accepts the others", () => {
  it.effect.each([
    ["names the session", 400, deadSession, 3],
    ["names nothing", 401, "", 1]
  ] as const)("is held back if it %s, and acceptance elsewhere does not lift that", ([, status, body, most]) =>
    Effect.gen(function* () {
      const { client, renewals } = over(({ url }) =>
        Effect.sync(() =>
          url.endsWith("/broken")
            ? new Response(body, { status, headers: { "content-type": "application/json" } })
            : new Response("fine")
        )
      )
      for (let second = 0; second < 60; second++) {
        assert.strictEqual((yield* client.get("/api/m2m/v1/devices")).status, 200)
        assert.strictEqual((yield* client.get("/api/m2m/v1/broken")).status, status)
        yield* TestClock.adjust("1 seconds")
      }
      assert.isAtMost(renewals().sessions, most)
    })
  )

  it.effect("does not keep a dead session that the others name from being replaced", () =>
    Effect.gen(function* () {
      yield* get(account)
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* emulator.failNext(ThingSpaceEmulator.answer(401), {
        path: "/api/m2m/v1/broken",
        times: Number.POSITIVE_INFINITY
      })
      for (let n = 0; n < 5; n++) {
        assert.strictEqual((yield* get("/api/m2m/v1/broken")).status, 401)
        yield* endSessions
        assert.strictEqual((yield* get(account)).status, 200)
        yield* settle
      }
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("the back-off", () => {
  const api = apiOf("https://thingspace.verizon.com/api/m2m/v1/devices", true)

  /** When renewals begin, if the API is asked every 50 milliseconds and refuses each. */
  const begun = (until: number) => {
    const backoff = new RenewalBackoff()
    const times: Array<number> = []
    for (let now = 0; now < until; now += 50) {
      if (backoff.begin(api, `${now}`, now) === undefined) continue
      times.push(now)
      backoff.refusedAgain(api, now)
    }
    return { backoff, times }
  }

  it("doubles from a quarter of a second to a minute, three renewals a minute at most", () => {
    assert.deepStrictEqual(
      begun(400_000).times,
      [0, 250, 750, 60_000, 62_000, 66_000, 120_000, 136_000, 168_000, 228_000, 288_000, 348_000]
    )
  })

  it("is lifted by a resend that is accepted", () => {
    const { backoff } = begun(60_000)
    backoff.healed(api)
    assert.isDefined(backoff.begin(api, "another", 60_750))
    backoff.refusedAgain(api, 60_750)
    assert.isDefined(backoff.begin(api, "a third", 61_000))
  })

  it("is not lifted by another request that is accepted", () => {
    const { backoff } = begun(300)
    backoff.accepted("https://thingspace.verizon.com/api/m2m/v1/devices", "the current one")
    assert.isUndefined(backoff.begin(api, "the current one", 300))
  })

  it("knows only the latest hundred APIs", () => {
    const backoff = new RenewalBackoff()
    const of = (id: number) => apiOf(`https://thingspace.verizon.com/api/m2m/${id}`, true)
    for (let id = 0; id < 101; id++) backoff.refusedAgain(of(id), 0)
    assert.isDefined(backoff.begin(of(0), "a", 1))
    assert.isUndefined(backoff.begin(of(100), "a", 1))
  })

  it("holds an API whose renewal brought back what was refused, although the call that began it has gone", () => {
    const backoff = new RenewalBackoff()
    const trial = backoff.begin(api, "a", 0)
    assert.isDefined(trial)
    if (trial !== undefined) backoff.leave(api, trial)
    backoff.broughtBack(api, "a", 100)
    assert.isUndefined(backoff.begin(api, "a", 101))
    assert.isDefined(backoff.begin(api, "a", 350))
  })

  it("does not hold an API for a credential that another renewal has brought", () => {
    const backoff = new RenewalBackoff()
    assert.isDefined(backoff.begin(api, "a", 0))
    backoff.broughtBack(api, "b", 100)
    assert.isFalse(backoff.isOpen)
    backoff.healed(api)
    assert.isDefined(backoff.begin(api, "b", 101))
  })
})
