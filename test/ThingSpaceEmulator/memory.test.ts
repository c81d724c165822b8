import * as HttpBody from "@effect/platform/HttpBody"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { emulator, inMemory, login, pick, readAccount, requestToken, send, signIn } from "./requests.js"

describe("in memory", () => {
  it.effect(
    "requests to every origin arrive and are recorded in full",
    inMemory(
      Effect.gen(function* () {
        const { clearExchanges, exchanges } = yield* emulator
        yield* TestClock.setTime(1_000)
        yield* send("/api/m2m/v1/echo?a=1", {
          origin: "https://else.example:8443",
          headers: { "X-One": "1" },
          body: "{}"
        })
        const [exchange] = yield* exchanges
        assert.deepInclude(exchange, {
          at: 1_000,
          method: "POST",
          url: "https://else.example:8443/api/m2m/v1/echo?a=1",
          path: "/api/m2m/v1/echo",
          body: "{}",
          status: 401,
          fault: undefined
        })
        assert.deepInclude(exchange?.headers, { "x-one": "1", "content-type": "application/json" })
        assert.match(exchange?.response ?? "", /900902/)
        yield* clearExchanges
        assert.deepStrictEqual(yield* exchanges, [])
      })
    )
  )

  it.effect(
    "a subscriber is handed each request",
    inMemory(
      Effect.gen(function* () {
        const { subscribe } = yield* emulator
        const requests = yield* subscribe
        yield* signIn
        const paths = Array.from(yield* Queue.takeAll(requests), ({ path }) => path)
        assert.deepStrictEqual(paths, ["/api/ts/v1/oauth2/token", "/api/m2m/v1/session/login"])
      }).pipe(Effect.scoped)
    )
  )

  it.effect(
    "a body stream that was read before fails as a transport does",
    inMemory(
      Effect.gen(function* () {
        const readable = new Blob(["once"]).stream()
        const body = HttpBody.stream(Stream.fromReadableStream(() => readable, String))
        const error = yield* Effect.flip(Effect.zipRight(send("/api/m2m/v1/echo", { body }), send("/", { body })))
        assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
        const raw = yield* Effect.flip(send("/", { body: HttpBody.raw(readable) }))
        assert.deepInclude(raw, { _tag: "RequestError", reason: "Transport" })
      })
    )
  )

  it.effect(
    "the platform acts after the request's latency, and before the response's",
    inMemory(
      Effect.gen(function* () {
        const { exchanges } = yield* emulator
        const fiber = yield* Effect.fork(Effect.zipRight(requestToken, Clock.currentTimeMillis))
        yield* TestClock.adjust("2 seconds")
        assert.lengthOf(yield* exchanges, 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* exchanges)[0]?.at, 3_000)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), 7_000)
      }),
      { requestLatency: "3 seconds", responseLatency: "4 seconds" }
    )
  )

  it.effect(
    "a caller that leaves while its answer travels leaves a platform that has acted",
    inMemory(
      Effect.gen(function* () {
        const { currentToken } = yield* emulator
        const fiber = yield* Effect.fork(requestToken)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Option.isSome(yield* currentToken))
      }),
      { responseLatency: "4 seconds" }
    )
  )

  it.effect(
    "latency can differ from request to request, so that answers overtake each other",
    inMemory(
      Effect.gen(function* () {
        const arrivals: Array<string> = []
        const fiber = yield* Effect.forEach(
          ["/a", "/b", "/c"],
          (path) => Effect.tap(send(path), () => arrivals.push(path)),
          { concurrency: "unbounded" }
        ).pipe(Effect.fork)
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(arrivals, ["/c", "/a", "/b"])
      }),
      { responseLatency: (n, path) => (path === "/c" ? 0 : n * 1_000) }
    )
  )

  it.effect(
    "sessions that end under calls on their way are refused to each of them",
    inMemory(
      Effect.gen(function* () {
        const { endSessions } = yield* emulator
        const { headers } = yield* Effect.fork(signIn).pipe(
          Effect.zipLeft(TestClock.adjust("2 seconds")),
          Effect.flatMap(Fiber.join)
        )
        const calls = yield* Effect.fork(Effect.replicateEffect(readAccount(headers), 20, { concurrency: "unbounded" }))
        yield* TestClock.adjust("500 millis")
        yield* endSessions
        yield* TestClock.adjust("500 millis")
        const answers = yield* Fiber.join(calls)
        assert.isTrue(answers.every(({ status }) => status === 400))
      }),
      { requestLatency: "1 second" }
    )
  )

  it.effect(
    "another process may revoke every token",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, revokeAll } = yield* emulator
        const token = yield* requestToken
        assert.deepStrictEqual(yield* currentToken, Option.some(token))
        yield* revokeAll
        assert.strictEqual((yield* login(token)).status, 401)
        assert.notStrictEqual(yield* requestToken, token)
      })
    )
  )
})

describe("a request that is not answered yet", () => {
  it.effect(
    "is seen on its way to the platform, and on its way back",
    inMemory(
      Effect.gen(function* () {
        const { pending } = yield* emulator
        yield* TestClock.setTime(1_000)
        const first = yield* Effect.fork(requestToken)
        yield* TestClock.adjust("2 seconds")
        const second = yield* Effect.fork(send("/api/m2m/v1/echo?a=1", { body: "{}" }))
        yield* TestClock.adjust("2 seconds")
        const [token, echo] = yield* pending
        assert.deepInclude(token, { sentAt: 1_000, path: "/api/ts/v1/oauth2/token", received: true })
        assert.deepInclude(echo, {
          sentAt: 3_000,
          method: "POST",
          url: "https://thingspace.verizon.com/api/m2m/v1/echo?a=1",
          path: "/api/m2m/v1/echo",
          body: "{}",
          received: false
        })
        yield* TestClock.adjust("6 seconds")
        yield* Fiber.join(Fiber.zip(first, second))
        assert.deepStrictEqual(yield* pending, [])
      }),
      { requestLatency: "3 seconds", responseLatency: "4 seconds" }
    )
  )

  it.effect(
    "is seen for as long as it hangs, until it is given up",
    inMemory(
      Effect.gen(function* () {
        const { failNext, pending } = yield* emulator
        yield* failNext(ThingSpaceEmulator.hang)
        const fiber = yield* Effect.fork(requestToken)
        yield* TestClock.adjust("1 day")
        assert.deepInclude((yield* pending)[0], { sentAt: 0, received: true })
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* pending, [])
      })
    )
  )
})

describe("changing a password", () => {
  it.effect(
    "creates no user, and says so",
    inMemory(
      Effect.gen(function* () {
        const { changePassword } = yield* emulator
        const defect = yield* Effect.flip(Effect.sandbox(changePassword("nobody", "password")))
        assert.include(String(defect), "There is no user nobody")
        const { json } = yield* login(yield* requestToken, "password", "nobody")
        assert.match(JSON.stringify(json), /INPUT_INVALID\.Username\.Invalid/)
      })
    )
  )
})

describe("a body in memory", () => {
  const tooLong = [
    ["stream without end", HttpBody.stream(Stream.forever(Stream.make(new Uint8Array(600))))],
    [
      "web stream without end",
      HttpBody.raw(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(600)) }))
    ],
    ["text", HttpBody.text("x".repeat(1_001))]
  ] as const

  for (const [what, body] of tooLong) {
    it.effect(
      `that is a ${what} beyond the bound is answered 413 and not received`,
      inMemory(
        Effect.gen(function* () {
          const { exchanges } = yield* emulator
          assert.strictEqual((yield* send("/api/m2m/v1/echo", { body })).status, 413)
          assert.deepStrictEqual(yield* exchanges, [])
        }),
        { maxBodySize: 1_000 }
      )
    )
  }

  it.effect(
    "is read up to the bound",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { json } = yield* send("/api/m2m/v1/echo", { headers, body: "x".repeat(1_000) })
        assert.strictEqual(pick(json, "length"), "1000")
      }),
      { maxBodySize: 1_000 }
    )
  )
})
