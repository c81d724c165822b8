import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/TestClock"
import * as pause from "../../src/internal/endpoint/pause.js"
import { messages } from "../utils/authErrors.js"

describe("backoff", () => {
  it("is 1, 2, 4 … seconds, at most the longest", () => {
    const waits = [1, 2, 3, 4, 5, 6, 7, 2000].map((attempt) => pause.backoff(attempt, 30_000))
    assert.deepStrictEqual(waits, [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000])
  })
})

describe("jittered", () => {
  it.each([
    [0, 1000],
    [0.5, 875],
    [1, 750]
  ])("shortens by up to a quarter, and never lengthens: %d", (random, expected) => {
    assert.strictEqual(pause.jittered(1000, random), expected)
  })
})

describe("monotonicMillis", () => {
  it.effect("counts the time that passes", () =>
    Effect.gen(function* () {
      const before = yield* pause.monotonicMillis
      yield* TestClock.adjust("90 seconds")
      assert.strictEqual((yield* pause.monotonicMillis) - before, 90_000)
    })
  )
})

describe("withRetryAfter", () => {
  it.each(messages)("keeps all else of %s", (error) => {
    const later = pause.withRetryAfter(error, Duration.seconds(7))
    if (later._tag === "CredentialsError") return assert.strictEqual(later, error)
    assert.deepStrictEqual({ ...later, retryAfter: undefined }, { ...error, retryAfter: undefined })
    assert.deepStrictEqual(later.retryAfter, Duration.seconds(7))
    assert.strictEqual(later.constructor, error.constructor)
  })
})
