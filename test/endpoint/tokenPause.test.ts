import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import { CredentialsError, EndpointError, OAuthError, type TokenError } from "../../src/AuthError.js"
import type { App } from "../../src/Credentials.js"
import * as tokenPause from "../../src/internal/endpoint/tokenPause.js"

const appOf = (secret: string): App => ({ key: Redacted.make("key"), secret: Redacted.make(secret) })

const refused = new OAuthError({ endpoint: "requestToken", status: 401, error: "invalid_client" })
const unavailable = new EndpointError({ endpoint: "requestToken", reason: "StatusCode", status: 503 })
const bare401 = new EndpointError({ endpoint: "requestToken", reason: "StatusCode", status: 401 })
const throttled = new OAuthError({
  endpoint: "requestToken",
  status: 429,
  error: "900800",
  retryAfter: Duration.seconds(30)
})
const lost = (code?: string) => new EndpointError({ endpoint: "requestToken", reason: "Transport", code })

/** A token endpoint and a vault, both of which count how often they are asked; one acquisition at a time. */
const make = (answer: (secret: string, asked: number) => TokenError | string, vault = { secret: "wrong" }) =>
  Effect.map(Effect.makeSemaphore(1), (turn) => {
    const counts = { requests: 0, reads: 0 }
    const pause = tokenPause.make({
      credentials: Effect.sync(() => {
        counts.reads += 1
        return appOf(vault.secret)
      }),
      request: ({ secret }) =>
        Effect.suspend(() => {
          counts.requests += 1
          const said = answer(Redacted.value(secret), counts.requests)
          return typeof said === "string" ? Effect.succeed(said) : Effect.fail(said)
        })
    })
    return { ...pause, counts, vault, acquire: turn.withPermits(1)(pause.acquire) }
  })

const retryMillis = (result: Either.Either<unknown, TokenError>): number | undefined => {
  const error = Either.isLeft(result) ? result.left : assert.fail("expected a failure")
  if (error._tag === "CredentialsError" || error.retryAfter === undefined) return undefined
  return Duration.toMillis(error.retryAfter)
}

/** Every caller asks again at once, with no pause of its own but 100 ms. */
const loops = (acquire: Effect.Effect<unknown, TokenError>, callers: number, millis: number) =>
  Effect.gen(function* () {
    for (let at = 0; at < millis; at += 100) {
      yield* Effect.all(
        Array.from({ length: callers }, () => Effect.either(acquire)),
        { concurrency: "unbounded" }
      )
      yield* TestClock.adjust(100)
    }
  })

describe("a refused key or secret", () => {
  it.effect("is asked for at most 5 times in 3 s by 50 callers in loops, and looked for once a second", () =>
    Effect.gen(function* () {
      const { acquire, counts } = yield* make(() => refused)
      yield* loops(acquire, 50, 3000)
      assert.isAtLeast(counts.requests, 2)
      assert.isAtMost(counts.requests, 5)
      assert.isAtMost(counts.reads, 7)
    })
  )

  it.effect("does not hold another secret back", () =>
    Effect.gen(function* () {
      const { acquire, counts, vault } = yield* make((secret) => (secret === "right" ? "token" : refused))
      yield* Effect.either(acquire)
      yield* TestClock.adjust("1 second")
      yield* Effect.either(acquire)
      vault.secret = "right"
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* acquire, "token")
      assert.strictEqual(counts.requests, 3)
    })
  )

  it.effect("pauses 1, 2, 4 … 60 s, up to a quarter shorter, and says what is left", () =>
    Effect.gen(function* () {
      const { acquire } = yield* make(() => refused)
      for (const longest of [1, 2, 4, 8, 16, 32, 60, 60]) {
        const wait = retryMillis(yield* Effect.either(acquire)) ?? 0
        assert.isAtLeast(wait, longest * 750)
        assert.isAtMost(wait, longest * 1000)
        yield* TestClock.adjust(wait - 1)
        assert.strictEqual(retryMillis(yield* Effect.either(acquire)), 1)
        yield* TestClock.adjust(1)
      }
    })
  )

  it.effect("is a bare 401 too", () =>
    Effect.gen(function* () {
      const { acquire } = yield* make(() => bare401)
      assert.isDefined(retryMillis(yield* Effect.either(acquire)))
    })
  )

  it.effect("counts anew for another pair", () =>
    Effect.gen(function* () {
      const { acquire, vault } = yield* make(() => refused)
      yield* Effect.either(acquire)
      yield* TestClock.adjust("1 second")
      yield* Effect.either(acquire)
      vault.secret = "also wrong"
      yield* TestClock.adjust("1 second")
      assert.isAtMost(retryMillis(yield* Effect.either(acquire)) ?? assert.fail(), 1000)
    })
  )
})

describe("any other failure of the token endpoint", () => {
  it.effect("with Retry-After: 30 makes one request in 3 s, and the error says when", () =>
    Effect.gen(function* () {
      const { acquire, counts } = yield* make(() => throttled)
      yield* loops(acquire, 50, 3000)
      assert.deepStrictEqual(counts, { requests: 1, reads: 1 })
      const error = yield* Effect.flip(acquire)
      assert.strictEqual(error.message, "requestToken was refused with 900800 (status 429). Try again in 27s.")
    })
  )

  it.effect("costs nothing at first, and from the second in a row 1, 2, 4 … 30 s", () =>
    Effect.gen(function* () {
      const { acquire } = yield* make(() => unavailable)
      assert.isUndefined(retryMillis(yield* Effect.either(acquire)))
      for (const longest of [1, 2, 4, 8, 16, 30, 30]) {
        const wait = retryMillis(yield* Effect.either(acquire)) ?? 0
        assert.isAtLeast(wait, longest * 750)
        assert.isAtMost(wait, longest * 1000)
        yield* TestClock.adjust(wait)
      }
    })
  )

  it.effect("is forgotten after a success", () =>
    Effect.gen(function* () {
      const { acquire } = yield* make((_, asked) => (asked === 3 ? "token" : unavailable))
      yield* Effect.either(acquire)
      yield* Effect.either(acquire)
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* acquire, "token")
      assert.isUndefined(retryMillis(yield* Effect.either(acquire)))
    })
  )

  it.effect("is measured by a clock that nobody sets", () =>
    Effect.gen(function* () {
      const { acquire, counts } = yield* make(() => throttled)
      yield* Effect.either(acquire)
      yield* TestClock.adjust("10 seconds")
      const wallClockSetForward = Effect.clockWith((clock) =>
        Effect.withClock(acquire, {
          ...clock,
          currentTimeMillis: Effect.succeed(8e12),
          unsafeCurrentTimeMillis: () => 8e12,
          sleep: (duration) => clock.sleep(duration),
          unsafeCurrentTimeNanos: () => clock.unsafeCurrentTimeNanos()
        })
      )
      assert.strictEqual(retryMillis(yield* Effect.either(wallClockSetForward)), 20_000)
      assert.strictEqual(counts.requests, 1)
    })
  )

  it.effect("does not pause for a vault that fails, or for an interruption", () =>
    Effect.gen(function* () {
      const sealed = new CredentialsError({ credentials: "App", description: "sealed" })
      const pause = tokenPause.make({ credentials: Effect.fail(sealed), request: () => Effect.interrupt })
      for (let at = 0; at < 3; at++) assert.strictEqual(yield* Effect.flip(pause.acquire), sealed)
      for (let at = 0; at < 3; at++) {
        const exit = yield* Effect.exit(pause.request(appOf("any")))
        assert.isTrue(exit._tag === "Failure" && Cause.isInterruptedOnly(exit.cause))
      }
    })
  )
})

describe("a lost connection", () => {
  it.effect.each(["ECONNRESET", "EPIPE", "UND_ERR_SOCKET", undefined])("is repeated once at once: %s", (code) =>
    Effect.gen(function* () {
      const { acquire, counts } = yield* make((_, asked) => (asked === 1 ? lost(code) : "token"))
      assert.strictEqual(yield* acquire, "token")
      assert.strictEqual(counts.requests, 2)
    })
  )

  it.effect("is repeated no more than once, and no other failure is", () =>
    Effect.gen(function* () {
      const again = yield* make(() => lost())
      yield* Effect.either(again.acquire)
      assert.strictEqual(again.counts.requests, 2)
      const silent = yield* make(() => lost("ETIMEDOUT"))
      yield* Effect.either(silent.acquire)
      assert.strictEqual(silent.counts.requests, 1)
    })
  )
})
