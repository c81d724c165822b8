import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import { assert, describe, it } from "@effect/vitest"
import * as Chunk from "effect/Chunk"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as SessionSource from "../../src/SessionSource.js"
import { SessionToken } from "../../src/SessionToken.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as pipeline from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"

const { account, cost, paths, received, settle } = pipeline

const theClient = ThingSpaceHttpClient.ThingSpaceHttpClient
const emulated = <A, E, R>(use: (emulator: ThingSpaceEmulator.Service) => Effect.Effect<A, E, R>) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, use)
const fails = (fault: ThingSpaceEmulator.Fault, path: string, times?: number) =>
  emulated((emulator) => emulator.failNext(fault, { path, times }))
const get = (path: string) => Effect.flatMap(theClient, (client) => client.get(path))

/** A client over sources of the program's own, and a transport that refuses what is listed. */
const over = (answer: recorder.Answer) => {
  const { client, sent } = recorder.make(answer)
  const sources = pipeline.ownSources()
  return { client: ThingSpaceHttpClient.withSession(client, sources), sent, sources }
}

const expired = JSON.stringify({ errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired" })

/** Refuses the first session, in a body of its own, and accepts every other. */
const refusingFirst =
  (body: () => BodyInit | null, contentType = "application/json", status = 400): recorder.Answer =>
  (request) =>
    Effect.sync(() =>
      request.headers["vz-m2m-token"] === "session-1"
        ? new Response(body(), { status, headers: { "content-type": contentType } })
        : new Response("fine")
    )

const readings: ReadonlyArray<
  readonly [string, (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<unknown, unknown>]
> = [
  ["text", (response) => response.text],
  ["JSON", (response) => Effect.map(response.json, (value) => JSON.stringify(value))],
  ["bytes", (response) => Effect.map(response.arrayBuffer, (bytes) => new TextDecoder().decode(bytes))],
  ["a stream", (response) => response.stream.pipe(Stream.decodeText(), Stream.mkString)]
]

describe("an endpoint that answers 401 whatever is sent", () => {
  const body = '{"reason":"none"}'
  const endpoint = "/api/emulator/v1/unauthorized"
  const always = fails(ThingSpaceEmulator.answer(401, { body }), endpoint, Number.POSITIVE_INFINITY)

  it.effect("is asked again once per credential at most, and its answer handed on", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* always
      const response = yield* get(endpoint)
      assert.strictEqual(response.status, 401)
      assert.isAtMost((yield* received(endpoint)).length, 3)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is asked three times, no more, where each renewal brings another credential", () =>
    Effect.gen(function* () {
      const { client, sent, sources } = over(recorder.answering(401))
      assert.strictEqual((yield* client.get("/a")).status, 401)
      assert.deepStrictEqual(
        sent.map(({ headers }) => [headers.authorization, headers["vz-m2m-token"]]),
        [
          ["Bearer token-1", "session-1"],
          ["Bearer token-2", "session-1"],
          ["Bearer token-2", "session-2"]
        ]
      )
      assert.deepStrictEqual([sources.state.token, sources.state.session], [2, 2])
    })
  )

  it.effect("costs no further renewal in 50 calls within the minute, among others that succeed", () =>
    Effect.gen(function* () {
      yield* always
      yield* get(endpoint)
      const spent = yield* cost
      for (let n = 0; n < 50; n++) {
        assert.strictEqual((yield* get(account)).status, 200)
        assert.strictEqual((yield* get(endpoint)).status, 401)
        yield* TestClock.adjust("1 seconds")
      }
      assert.deepStrictEqual(yield* cost, spent)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("costs no further renewal in 50 calls at once", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* always
      yield* Effect.forEach(Array.from({ length: 51 }), () => get(endpoint), { concurrency: "unbounded" })
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("costs one renewal more after the minute", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* always
      yield* get(endpoint)
      yield* TestClock.adjust("59999 millis")
      yield* get(endpoint)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
      yield* TestClock.adjust("1 millis")
      yield* get(endpoint)
      yield* get(endpoint)
      assert.deepStrictEqual(yield* cost, { tokens: 3, logins: 3 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("does not keep another endpoint's dead session from being renewed", () =>
    Effect.gen(function* () {
      yield* always
      yield* get(endpoint)
      yield* emulated((emulator) => emulator.endSessions)
      assert.strictEqual((yield* get(account)).status, 200)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect(
    "does not keep another endpoint from having the token renewed that was handed back, once it is revoked",
    () =>
      Effect.gen(function* () {
        yield* always
        yield* get(endpoint)
        yield* emulated((emulator) => emulator.revokeAll)
        assert.strictEqual((yield* get(account)).status, 200)
      }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("costs no renewal per call for bodies that are read once only either", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* always
      const client = yield* theClient
      const upload = HttpClientRequest.post(endpoint).pipe(
        HttpClientRequest.bodyStream(Stream.make(new Uint8Array([1])))
      )
      for (let n = 0; n < 20; n++) assert.strictEqual((yield* client.execute(upload)).status, 401)
      yield* get(account)
      assert.lengthOf(yield* received(endpoint), 20)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect.each(readings)("hands on a body that can be read as %s", ([, read]) =>
    Effect.gen(function* () {
      yield* always
      assert.strictEqual(yield* read(yield* get(endpoint)), body)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("hands on a body that can be read in every way, one after another", () =>
    Effect.gen(function* () {
      yield* always
      const response = yield* get(endpoint)
      for (const [, read] of [...readings, ...readings]) assert.strictEqual(yield* read(response), body)
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("a refusal that renewing cannot mend", () => {
  const cases: ReadonlyArray<readonly [string, string, number]> = [
    ["a foreign account", "/api/m2m/v1/accounts/0000000000-00009", 400],
    ["a forbidden resource", "/api/subsc/v1/forbidden", 403],
    ["a gateway's 403", "/api/emulator/v1/forbidden", 403],
    ["an unknown resource", "/api/m2m/v1/nothing/here", 404]
  ]
  it.effect.each(cases)("is handed on after one request: %s", ([, path, status]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get(path)).status, status)
      assert.lengthOf(yield* received(path), 1)
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is that of an API which names every session dead: three logins a minute at most, ever further apart", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.answer(400, { body: expired }), account, Number.POSITIVE_INFINITY)
      for (let n = 0; n < 300; n++) {
        assert.strictEqual((yield* get(account)).status, 400)
        yield* TestClock.adjust("1 seconds")
      }
      const times = Array.from(yield* received(paths.login), ({ at }) => at / 1000)
      assert.deepStrictEqual(times, [0, 0, 1, 2, 60, 62, 66, 120, 136, 168, 228, 288])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is that of an API which says 401 of every session: one login, then none for a minute", () =>
    Effect.gen(function* () {
      const body = JSON.stringify({ errorCode: "INVALID_ACCOUNT", errorMessage: "An error was encountered." })
      yield* fails(ThingSpaceEmulator.answer(401, { body }), "/api/diagnostics/v1", Number.POSITIVE_INFINITY)
      for (let n = 0; n < 61; n++) {
        assert.deepStrictEqual(yield* cost, { tokens: Math.min(n, 1), logins: Math.min(n, 1) * 2 })
        assert.strictEqual((yield* get("/api/diagnostics/v1/devices")).status, 401)
        yield* TestClock.adjust("1 seconds")
      }
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 3 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("does not keep another API's dead session from being replaced", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.answer(400, { body: expired }), "/api/diagnostics/v1", Number.POSITIVE_INFINITY)
      for (let n = 0; n < 50; n++) assert.strictEqual((yield* get("/api/diagnostics/v1/devices")).status, 400)
      yield* emulated((emulator) => emulator.endSessions)
      assert.strictEqual((yield* get(account)).status, 200)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("costs three renewals a minute at most if its callers do not wait for the answer", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* fails(ThingSpaceEmulator.answer(400, { body: expired }), account, Number.POSITIVE_INFINITY)
      for (let n = 0; n < 60; n++) {
        const call = yield* Effect.fork(Effect.timeoutOption(get(account), "50 millis"))
        yield* TestClock.adjust("50 millis")
        yield* Fiber.join(call)
      }
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 4 })
    }).pipe(
      Effect.provide(
        pipeline.layer(undefined, { responseLatency: (n, path) => (n > 3 && path === account ? "30 millis" : 0) })
      )
    )
  )

  it.effect("costs no more where each call has a client of its own", () =>
    Effect.gen(function* () {
      const http = yield* HttpClient.HttpClient
      const tokens = yield* TokenSource.TokenSource
      const sessions = yield* SessionSource.SessionSource
      yield* fails(ThingSpaceEmulator.answer(400, { body: expired }), account, Number.POSITIVE_INFINITY)
      for (let n = 0; n < 20; n++) {
        const client = ThingSpaceHttpClient.withSession(http, { tokens, sessions })
        assert.strictEqual((yield* client.get(account)).status, 400)
      }
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is that of a session which died twice while one call was under way, and of no call a second later", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* fails(ThingSpaceEmulator.answer(400, { body: expired }), account, 2)
      assert.strictEqual((yield* get(account)).status, 400)
      yield* emulated((emulator) => emulator.endSessions)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* get(account)).status, 200)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect(
    "is that of a token which the platform hands back: three token requests a minute, spaced as for any unhealed renewal",
    () =>
      Effect.gen(function* () {
        const fault = '{"fault":{"code":"900901","message":"","description":""}}'
        yield* fails(ThingSpaceEmulator.answer(401, { body: fault }), account, Number.POSITIVE_INFINITY)
        const tokensAfterCallAt = (millis: number) =>
          Effect.gen(function* () {
            yield* TestClock.setTime(millis)
            assert.strictEqual((yield* get(account)).status, 401)
            return (yield* cost).tokens
          })
        // The first call asks twice: for the token, and for another. The fourth renewal comes a minute after the first.
        const times = [0, 249, 250, 749, 750, 2_000, 30_000, 59_999, 60_000]
        assert.deepStrictEqual(yield* Effect.forEach(times, tokensAfterCallAt), [2, 2, 3, 3, 4, 4, 4, 4, 5])
        assert.lengthOf(yield* received(account), times.length)
        assert.strictEqual((yield* cost).logins, 1)
      }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("a body", () => {
  const bytes = new TextEncoder().encode('{"a":1}')
  const form = () => {
    const data = new FormData()
    data.append("file", new Blob(["content"]), "name.txt")
    return data
  }
  const whole: ReadonlyArray<readonly [string, HttpBody.HttpBody]> = [
    ["nothing", HttpBody.empty],
    ["bytes", HttpBody.uint8Array(bytes, "application/json")],
    ["text", HttpBody.text("äöü")],
    ["JSON", HttpBody.unsafeJson({ a: 1 })],
    ["url parameters", HttpBody.urlParams(UrlParams.fromInput({ a: "1 2", b: "&" }))],
    ["a form with a file", HttpBody.formData(form())],
    ["raw text", HttpBody.raw("raw", { contentType: "text/plain" })]
  ]
  it.effect.each(whole)("of %s is sent again as it was", ([, body]) =>
    Effect.gen(function* () {
      const client = yield* theClient
      yield* get(account)
      yield* emulated((emulator) => emulator.endSessions)
      const post = HttpClientRequest.post("/api/m2m/v1/echo").pipe(HttpClientRequest.setBody(body))
      const response = yield* client.execute(post)
      assert.strictEqual(response.status, 200)
      const posts = yield* received("/api/m2m/v1/echo")
      const unbounded = posts.map((one) => {
        const boundary = /boundary=(.+)$/.exec(one.headers["content-type"] ?? "")?.[1]
        return boundary === undefined ? one.body : one.body.replaceAll(boundary, "")
      })
      assert.lengthOf(unbounded, 2)
      assert.strictEqual(unbounded[0], unbounded[1])
      assert.deepStrictEqual(
        posts.map(({ status }) => status),
        [400, 200]
      )
    }).pipe(Effect.provide(pipeline.layer()))
  )

  const once: ReadonlyArray<readonly [string, () => HttpBody.HttpBody]> = [
    ["a stream", () => HttpBody.stream(Stream.make(bytes))],
    ["a ReadableStream", () => HttpBody.raw(new Blob(["a"]).stream())]
  ]
  it.effect.each(once)("of %s is not sent again: the response is handed on, and the next call works", ([, body]) =>
    Effect.gen(function* () {
      const client = yield* theClient
      yield* get(account)
      yield* emulated((emulator) => emulator.endSessions)
      const post = HttpClientRequest.post("/api/m2m/v1/echo").pipe(HttpClientRequest.setBody(body()))
      const response = yield* client.execute(post)
      assert.strictEqual(response.status, 400)
      assert.include(yield* response.text, "SessionToken.Expired")
      assert.lengthOf(yield* received("/api/m2m/v1/echo"), 1)
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* emulator.clearExchanges
      assert.strictEqual((yield* get(account)).status, 200)
      assert.lengthOf(yield* received(account), 1)
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("a renewal that fails", () => {
  it.effect("fails the call with the token's error", () =>
    Effect.gen(function* () {
      yield* get(account)
      yield* emulated((emulator) => emulator.revokeAll)
      yield* fails(ThingSpaceEmulator.answer(503), paths.token)
      const error = yield* Effect.flip(get(account))
      assert.strictEqual(error._tag, "EndpointError")
      assert.lengthOf(yield* received(account), 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("fails the call with the login's error, and the next with LoginBlocked", () =>
    Effect.gen(function* () {
      yield* get(account)
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* emulator.endSessions
      yield* emulator.changePassword(ThingSpaceEmulator.defaults.username, "another")
      assert.strictEqual((yield* Effect.flip(get(account)))._tag, "SessionError")
      assert.strictEqual((yield* Effect.flip(get(account)))._tag, "LoginBlocked")
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("over a client that fails on a status", () => {
  const strict = Effect.gen(function* () {
    return ThingSpaceHttpClient.withSession(HttpClient.filterStatusOk(yield* HttpClient.HttpClient), {
      tokens: yield* TokenSource.TokenSource,
      sessions: yield* SessionSource.SessionSource
    })
  })

  it.effect("a refusal heals", () =>
    Effect.gen(function* () {
      const client = yield* strict
      yield* client.get(account)
      yield* emulated((emulator) => Effect.zipRight(emulator.endSessions, emulator.revokeAll))
      assert.strictEqual((yield* client.get(account)).status, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("a refusal that does not heal fails as before, with a response that can be read", () =>
    Effect.gen(function* () {
      const client = yield* strict
      yield* fails(ThingSpaceEmulator.answer(401, { body: '"no"' }), account, Number.POSITIVE_INFINITY)
      const error = yield* Effect.flip(client.get(account))
      if (error._tag !== "ResponseError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "StatusCode")
      for (const [, read] of readings) assert.strictEqual(yield* read(error.response), '"no"')
      yield* Effect.forEach(Array.from({ length: 50 }), () => Effect.flip(client.get(account)))
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("a refusal's body", () => {
  it.effect("that never ends holds the call up for the time of an authentication call, not for longer", () =>
    Effect.gen(function* () {
      const endless = () => new ReadableStream<Uint8Array>({ start: (to) => to.enqueue(new Uint8Array([0x7b])) })
      const { client, sent } = over(refusingFirst(endless))
      const call = yield* Effect.fork(client.get("/a"))
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("9999 millis")
      assert.isTrue(Option.isNone(yield* Fiber.poll(call)))
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* Fiber.join(call)).status, 400)
      assert.lengthOf(sent, 1)
    })
  )

  it.effect.each(readings.filter(([name]) => name !== "JSON"))(
    "that is longer than 64 KiB is handed on whole, as %s",
    ([, read]) =>
      Effect.gen(function* () {
        const long = "x".repeat(200_000)
        const chunks = () => new Blob([long]).stream()
        const { client, sent } = over(recorder.answering(400))
        const other = over(refusingFirst(chunks, "text/plain"))
        yield* client.get("/a")
        assert.lengthOf(sent, 1)
        const response = yield* other.client.get("/a")
        assert.strictEqual(yield* read(response), long)
        assert.lengthOf(other.sent, 1)
      })
  )

  it.effect("that is longer than 64 KiB is understood by its beginning", () =>
    Effect.gen(function* () {
      const xml = `<am:fault xmlns:am="x"><am:code>900901</am:code></am:fault>${" ".repeat(200_000)}`
      const { client, sent } = over((request) =>
        Effect.sync(() =>
          request.headers.authorization === "Bearer token-1"
            ? new Response(xml, { status: 401, headers: { "content-type": "application/xml" } })
            : new Response("fine")
        )
      )
      assert.strictEqual((yield* client.get("/a")).status, 200)
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("that is not text is not touched", () =>
    Effect.gen(function* () {
      let pulled = 0
      const image = () =>
        new ReadableStream<Uint8Array>(
          {
            pull: (to) => {
              pulled += 1
              to.enqueue(new TextEncoder().encode(expired))
              to.close()
            }
          },
          { highWaterMark: 0 }
        )
      const { client, sent } = over(refusingFirst(image, "image/png"))
      const response = yield* client.get("/a")
      assert.strictEqual(pulled, 0)
      assert.lengthOf(sent, 1)
      assert.strictEqual(new TextDecoder().decode(yield* response.arrayBuffer), expired)
    })
  )

  it.effect("that is not text is let go of where the call is sent again", () =>
    Effect.gen(function* () {
      const letGo = yield* Deferred.make<void>()
      const { client, sent } = over((request) =>
        Effect.sync(() =>
          request.headers.authorization === "Bearer token-1"
            ? new Response(new ReadableStream({ cancel: () => Deferred.unsafeDone(letGo, Effect.void) }), {
                status: 401,
                headers: { "content-type": "image/png" }
              })
            : new Response("fine")
        )
      )
      assert.strictEqual((yield* client.get("/a")).status, 200)
      assert.lengthOf(sent, 2)
      yield* Deferred.await(letGo)
    })
  )

  it.effect("that breaks off fails whoever reads it, not the call", () =>
    Effect.gen(function* () {
      const broken = () => new ReadableStream<Uint8Array>({ pull: (to) => to.error(new Error("reset")) })
      const { client } = over(refusingFirst(broken))
      const response = yield* client.get("/a")
      assert.strictEqual((yield* Effect.flip(response.text))._tag, "ResponseError")
    })
  )

  it.effect("of a response that succeeds is not touched", () =>
    Effect.gen(function* () {
      const { client, sent } = over(recorder.answering(200, expired, { "content-type": "application/json" }))
      const response = yield* client.get("/a")
      assert.strictEqual(Chunk.size(yield* Stream.runCollect(response.stream)), 1)
      assert.lengthOf(sent, 1)
    })
  )
})

describe("sources that a program has written", () => {
  it.effect("are asked at each call, told of each refusal, and of each use with the time of its sending", () =>
    Effect.gen(function* () {
      const slow: recorder.Answer = (request) => Effect.delay(refusingFirst(() => expired)(request), "1 seconds")
      const { client, sent, sources } = over(slow)
      const call = yield* Effect.fork(client.get("/a"))
      yield* settle
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual((yield* Fiber.join(call)).status, 200)
      assert.deepStrictEqual(
        sent.map(({ headers }) => [headers.authorization, headers["vz-m2m-token"]]),
        [
          ["Bearer token-1", "session-1"],
          ["Bearer token-1", "session-2"]
        ]
      )
      assert.deepStrictEqual(sources.state.used, [["session-2", 1000]])
    })
  )

  it.effect("have their tokens refused before sending where no header can carry them", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.answering(200))
      const sources = pipeline.ownSources()
      const spoilt = new SessionToken({ secret: Redacted.make("a\r\nx-injected: b") })
      const broken = ThingSpaceHttpClient.withSession(client, {
        ...sources,
        sessions: { ...sources.sessions, get: Effect.succeed(spoilt) }
      })
      assert.strictEqual((yield* Effect.flip(broken.get("/a")))._tag, "EndpointError")
      assert.lengthOf(sent, 0)
    })
  )

  it.effect("may be the access token's alone", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make((request) =>
        Effect.sync(
          () => new Response(null, { status: request.headers.authorization === "Bearer token-1" ? 401 : 200 })
        )
      )
      const alone = ThingSpaceHttpClient.withAccessToken(client, pipeline.ownSources())
      assert.strictEqual((yield* alone.get("/a")).status, 200)
      assert.lengthOf(sent, 2)
      assert.isTrue(sent.every(({ headers }) => !("vz-m2m-token" in headers)))
    })
  )

  it.effect("may come with a classifier of the program's own", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make((request) =>
        Effect.sync(
          () => new Response("please log in", { status: request.headers["vz-m2m-token"] === "session-1" ? 418 : 200 })
        )
      )
      const own = ThingSpaceHttpClient.withSession(client, {
        ...pipeline.ownSources(),
        classify: (status, body) => (status === 418 && body === "please log in" ? "SessionToken" : "None")
      })
      assert.strictEqual((yield* own.get("/a")).status, 200)
      assert.lengthOf(sent, 2)
    })
  )
})

describe("an endpoint that refuses whatever is sent", () => {
  it.effect("costs three renewals a minute at most also if the bodies can be read only once", () =>
    Effect.gen(function* () {
      const upload = HttpClientRequest.post("/api/m2m/v1/echo").pipe(
        HttpClientRequest.bodyStream(Stream.make(new TextEncoder().encode("a")))
      )
      const client = yield* theClient
      yield* client.get(account)
      yield* fails(ThingSpaceEmulator.answer(400, { body: expired }), "/api/m2m/v1/echo", Number.POSITIVE_INFINITY)
      for (let n = 0; n < 50; n++) assert.strictEqual((yield* client.execute(upload)).status, 400)
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 4 })
    }).pipe(Effect.provide(pipeline.layer()))
  )
})
