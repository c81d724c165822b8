import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { emulator, inMemory, login, readAccount, requestToken, send, signIn, tokenResponse } from "./requests.js"

describe("a fault", () => {
  it.effect(
    "meets the next requests under its path, as often as asked, before the faults added later",
    inMemory(
      Effect.gen(function* () {
        const { clearFaults, failNext } = yield* emulator
        const { headers } = yield* signIn
        yield* failNext(ThingSpaceEmulator.answer(503, { body: "down", headers: { "Retry-After": "7" } }), {
          path: "/api/m2m",
          times: 2
        })
        yield* failNext(ThingSpaceEmulator.answer(429))
        const first = yield* readAccount(headers)
        const statuses = [first.status]
        for (const path of ["/api/loc/v1/echo", "/api/m2m/v1/echo", "/api/m2m/v1/echo"]) {
          statuses.push((yield* send(path, { headers })).status)
        }
        assert.deepStrictEqual(statuses, [503, 429, 503, 200])
        assert.deepStrictEqual([first.text, first.headers["retry-after"]], ["down", "7"])
        yield* failNext(ThingSpaceEmulator.answer(500), { times: Number.POSITIVE_INFINITY })
        yield* Effect.replicateEffect(readAccount(headers), 3)
        assert.strictEqual((yield* readAccount(headers)).status, 500)
        yield* clearFaults
        assert.strictEqual((yield* readAccount(headers)).status, 200)
      })
    )
  )

  it.effect(
    "that loses the request keeps the platform from acting",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, exchanges, failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.lostRequest)
        const error = yield* Effect.flip(tokenResponse())
        assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
        assert.deepStrictEqual(yield* currentToken, Option.none())
        assert.deepInclude((yield* exchanges)[0], { status: undefined, fault: "LostRequest" })
      })
    )
  )

  it.effect(
    "that loses the response lets the platform act",
    inMemory(
      Effect.gen(function* () {
        const { failNext, liveSessions } = yield* emulator
        const token = yield* requestToken
        yield* failNext(ThingSpaceEmulator.lostResponse)
        const error = yield* Effect.flip(login(token))
        assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
        assert.lengthOf(yield* liveSessions, 1)
      })
    )
  )

  it.effect(
    "that truncates the body lets the platform act and the body fail",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.truncated)
        const error = yield* Effect.flip(tokenResponse())
        assert.deepInclude(error, { _tag: "ResponseError", reason: "Decode" })
        assert.isTrue(Option.isSome(yield* currentToken))
      })
    )
  )

  it.effect(
    "that hangs never answers and keeps the platform from acting",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.hang)
        const fiber = yield* Effect.fork(Effect.timeoutOption(tokenResponse(), "1 day"))
        yield* TestClock.adjust("1 day")
        assert.deepStrictEqual(yield* Fiber.join(fiber), Option.none())
        assert.deepStrictEqual(yield* currentToken, Option.none())
      })
    )
  )
})
