import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as TestClock from "effect/TestClock"
import { AccessToken } from "../src/AccessToken.js"
import {
  type AuthError,
  CredentialsError,
  EndpointError,
  type LoginBlocked,
  OAuthError,
  SessionError
} from "../src/AuthError.js"
import type * as Credentials from "../src/Credentials.js"
import * as memories from "../src/internal/login/memory.js"
import type { LoginRecord } from "../src/internal/login/record.js"
import * as LoginGuard from "../src/LoginGuard.js"
import * as OAuthClient from "../src/OAuthClient.js"
import * as SessionClient from "../src/SessionClient.js"
import { SessionToken } from "../src/SessionToken.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import { logging } from "./utils/pipeline.js"
import * as recorder from "./utils/recorder.js"
import * as secrecy from "./utils/secrecy.js"

const session = new SessionToken({ secret: Redacted.make("session") })
const access = new AccessToken({ secret: Redacted.make("access"), expiresAt: Option.none() })

const refused = new SessionError({
  endpoint: "login",
  status: 400,
  errorCode: "UnifiedWebService.INPUT_INVALID.Password.Invalid",
  errorMessage: "The Password is invalid."
})
const status = (code: number, retryAfter?: Duration.Duration) =>
  new EndpointError({ endpoint: "login", reason: "StatusCode", status: code, retryAfter })
const fault = (error: string, code: number) => new OAuthError({ endpoint: "login", status: code, error })
const lost = new EndpointError({ endpoint: "login", reason: "Timeout" })
const notSent = new EndpointError({ endpoint: "login", reason: "NotSent" })

type Outcome = Effect.Effect<SessionToken, AuthError>
type Late = (exit: Exit.Exit<SessionToken, AuthError>) => Effect.Effect<void>

const userOf = (username: string, password: string): Credentials.Uws => ({
  username,
  password: Redacted.make(password)
})

/** A guard whose user, password and platform can be changed, and which notes the passwords that were sent. */
const harness = Effect.gen(function* () {
  const current = yield* Ref.make(userOf("user", "wrong"))
  const outcome = yield* Ref.make<Outcome>(Effect.succeed(session))
  const sent: Array<string> = []
  const lates: Array<Late> = []
  const guard = yield* LoginGuard.make
  const source = Ref.get(current)
  const login = ({ password }: Credentials.Uws, late: Late) =>
    Effect.suspend(() => {
      sent.push(Redacted.value(password))
      lates.push(late)
      return Effect.flatten(Ref.get(outcome))
    })
  return {
    guard,
    sent,
    lates,
    attempt: Effect.either(guard.attempt(source, login)),
    attemptAfter: (probe: Effect.Effect<boolean, AuthError>) => Effect.either(guard.attempt(source, login, { probe })),
    reset: Effect.flatMap(Ref.get(current), guard.reset),
    status: Effect.flatMap(Ref.get(current), guard.status),
    use: (password: string, username = "user") => Ref.set(current, userOf(username, password)),
    answer: (next: Outcome | AuthError) => Ref.set(outcome, Effect.isEffect(next) ? next : Effect.fail(next))
  }
})

/** No pause is shortened. */
const unjittered = Effect.withRandom(Random.fixed([0]))

const errorOf = (result: Either.Either<SessionToken, AuthError>): AuthError =>
  Either.isLeft(result) ? result.left : assert.fail("expected a failure")

const blockedOf = (result: Either.Either<SessionToken, AuthError>): LoginBlocked => {
  const error = errorOf(result)
  return error._tag === "LoginBlocked" ? error : assert.fail(`expected LoginBlocked, got ${error}`)
}

const waitOf = (result: Either.Either<SessionToken, AuthError>): number | undefined => {
  const error = errorOf(result)
  return "retryAfter" in error && error.retryAfter !== undefined ? Duration.toMillis(error.retryAfter) : undefined
}

const minutes = 60_000

describe("a refused password", () => {
  it.effect("is sent once, whatever asks for it afterwards", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(refused)
      assert.deepStrictEqual(yield* attempt, Either.left(refused))
      for (let call = 0; call < 200; call++) {
        if (call % 20 === 0) yield* TestClock.adjust("1 day")
        const { attempts, reason, retryAfter, since } = blockedOf(yield* attempt)
        assert.deepStrictEqual(
          { attempts, reason, retryAfter, since: DateTime.toEpochMillis(since) },
          { attempts: 1, reason: "Refused", retryAfter: undefined, since: 0 }
        )
      }
      assert.deepStrictEqual(sent, ["wrong"])
    })
  )

  it.effect("is sent once by 50 concurrent callers", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.zipRight(Effect.yieldNow(), Effect.fail(refused)))
      const results = yield* Effect.all(Effect.replicate(attempt, 50), { concurrency: "unbounded" })
      assert.lengthOf(sent, 1)
      assert.lengthOf(
        results.filter((result) => errorOf(result)._tag === "LoginBlocked"),
        49
      )
    })
  )

  it.effect("is sent once to the platform itself", () =>
    Effect.gen(function* () {
      const client = yield* SessionClient.SessionClient
      const guard = yield* LoginGuard.LoginGuard
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const { appKey, appSecret, username } = ThingSpaceEmulator.defaults
      const oauth = yield* OAuthClient.OAuthClient
      const bearer = yield* oauth.requestToken({ key: Redacted.make(appKey), secret: Redacted.make(appSecret) })
      yield* emulator.clearExchanges
      const user = Effect.succeed(userOf(username, "wrong"))
      const errors = yield* Effect.all(
        Effect.replicate(Effect.flip(guard.attempt(user, (read) => client.login(bearer, read))), 20)
      )
      assert.deepStrictEqual(errors.map(({ _tag }) => _tag).slice(0, 2), ["SessionError", "LoginBlocked"])
      assert.lengthOf(yield* emulator.exchanges, 1)
      assert.deepStrictEqual(yield* emulator.lockedUsers, [])
    }).pipe(
      Effect.provide(
        Layer.mergeAll(OAuthClient.layer, SessionClient.layer, LoginGuard.layer).pipe(
          Layer.provideMerge(ThingSpaceEmulator.layer())
        )
      )
    )
  )

  it.effect("makes room for a different one at once", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(refused)
      yield* attempt
      yield* use("right")
      yield* answer(Effect.succeed(session))
      assert.deepStrictEqual(yield* attempt, Either.right(session))
      assert.deepStrictEqual(sent, ["wrong", "right"])
    })
  )

  it.effect("is not sent again after a different one was refused, or accepted", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(refused)
      for (const password of ["first", "second", "first", "second", "first"]) {
        yield* use(password)
        yield* attempt
      }
      yield* use("right")
      yield* answer(Effect.succeed(session))
      yield* attempt
      yield* use("first")
      assert.strictEqual(blockedOf(yield* attempt).reason, "Refused")
      assert.deepStrictEqual(sent, ["first", "second", "right"])
    })
  )

  it.effect("does not hold back another user who happens to have the same", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(refused)
      yield* attempt
      yield* use("wrong", "another user")
      yield* attempt
      assert.lengthOf(sent, 2)
      blockedOf(yield* attempt)
    })
  )

  it.effect("stays refused if another error followed in the same attempt", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.ensuring(Effect.fail(refused), Effect.die("a finalizer")))
      yield* Effect.exit(attempt)
      assert.strictEqual(blockedOf(yield* attempt).reason, "Refused")
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("lifts the pause that an uncertain login made, for another password", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(lost)
      yield* attempt
      yield* TestClock.adjust("2 seconds")
      yield* answer(refused)
      yield* attempt
      yield* use("right")
      yield* attempt
      assert.deepStrictEqual(sent, ["wrong", "wrong", "right"])
    })
  )
})

const said = (errorCode: string, code = 400) =>
  new SessionError({ endpoint: "login", status: code, errorCode, errorMessage: "" })

/** What may come of a login, and what the next attempt with the same password meets. */
const outcomes: ReadonlyArray<readonly [label: string, counts: "Refused" | "Uncertain" | "NotJudged", Outcome]> = [
  ...(
    [
      ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 400],
      ["UnifiedWebService.INPUT_INVALID.Username.Invalid", 400],
      ["UnifiedWebService.REQUEST_FAILED.UserLocked", 400],
      ["UnifiedWebService.REQUEST_FAILED.SomethingNew", 401],
      ["SOMETHING_WITHOUT_DOTS", 400],
      ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 200],
      ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 408],
      ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 429],
      ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 500]
    ] as const
  ).map(([code, http]) => [`${code} with ${http}`, "Refused", Effect.fail(said(code, http))] as const),
  ...[
    "UnifiedWebService.REQUEST_FAILED.UnexpectedError",
    "UnifiedWebService.INPUT_INVALID.RequestUndefined",
    "UnifiedWebService.INPUT_INVALID.Request.InvalidCharacter",
    "UnifiedWebService.DeserializationFailed",
    "DeserializationFailed"
  ].map((code) => [code, "Uncertain", Effect.fail(said(code))] as const),
  ["a timeout", "Uncertain", Effect.fail(lost)],
  ["a lost connection", "Uncertain", Effect.fail(new EndpointError({ endpoint: "login", reason: "Transport" }))],
  ["an unreadable success", "Uncertain", Effect.fail(new EndpointError({ ...lost, reason: "Decode", status: 200 }))],
  ...[401, 403, 404, 408, 500, 502, 503, 504].map(
    (code) => [`a bare ${code}`, "Uncertain", Effect.fail(status(code))] as const
  ),
  ["an unknown fault", "Uncertain", Effect.fail(fault("900906", 404))],
  ["an interruption", "Uncertain", Effect.interrupt],
  ["a defect", "Uncertain", Effect.die("a bug")],
  ["a login that was not sent", "NotJudged", Effect.fail(notSent)],
  ...[302, 307, 407, 429, 511].map((code) => [`a bare ${code}`, "NotJudged", Effect.fail(status(code))] as const),
  ...["900800", "900802", "900807", "101503", "303001"].map(
    (code) => [`the gateway's fault ${code}`, "NotJudged", Effect.fail(fault(code, 503))] as const
  ),
  ["a fault with 429", "NotJudged", Effect.fail(fault("too_many_requests", 429))],
  ...["900901", "900902", "900903", "900904", "invalid_token"].map(
    (code) => [`an access token refused with ${code}`, "NotJudged", Effect.fail(fault(code, 401))] as const
  )
]

describe("a login that ended with", () => {
  it.effect.each(outcomes)("%s counts as %s", ([_, counts, outcome]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent, status } = yield* harness
      yield* answer(outcome)
      const first = yield* Effect.exit(attempt)
      const next = yield* attempt
      assert.lengthOf(sent, 1)
      const meets = yield* status
      if (counts === "Refused") {
        assert.strictEqual(blockedOf(next).reason, "Refused")
        assert.deepStrictEqual(meets, LoginGuard.LoginStatus.Blocked({ reason: "PasswordRefused" }))
        return
      }
      const wait = counts === "Uncertain" ? 2000 : 1000
      assert.strictEqual(waitOf(next), wait)
      assert.deepStrictEqual(meets, LoginGuard.LoginStatus.Paused({ until: DateTime.unsafeMake(wait) }))
      const began = first._tag === "Success" ? errorOf(first.value) : undefined
      if (began === undefined) assert.strictEqual(blockedOf(next).reason, "Uncertain")
      else assert.deepStrictEqual({ ...errorOf(next), retryAfter: undefined }, { ...began, retryAfter: undefined })
    }).pipe(unjittered)
  )

  const elsewhere: ReadonlyArray<readonly [label: string, error: AuthError]> = [
    ["an access token that could not be had", new EndpointError({ endpoint: "requestToken", reason: "Timeout" })],
    ["a refused application", new OAuthError({ endpoint: "requestToken", status: 401, error: "invalid_client" })],
    ["missing credentials", new CredentialsError({ credentials: "Uws", description: "the vault is sealed" })]
  ]
  it.effect.each(elsewhere)("%s is none, and makes no pause", ([_, error]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(error)
      for (let call = 0; call < 10; call++) assert.deepStrictEqual(yield* attempt, Either.left(error))
      assert.lengthOf(sent, 10)
    })
  )
})

describe("a login that was not judged", () => {
  it.effect.each([
    ["without jitter", 0, 1],
    ["with all of it, which shortens", 1, 0.75]
  ] as const)("is followed by 1, 2, 4 … 30 seconds: %s", ([_, jitter, factor]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(status(429))
      yield* attempt
      for (const [index, seconds] of [1, 2, 4, 8, 16, 30, 30].entries()) {
        const pause = seconds * 1000 * factor
        assert.strictEqual(waitOf(yield* attempt), pause)
        yield* TestClock.adjust(pause - 1)
        assert.strictEqual(waitOf(yield* attempt), 1)
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(yield* attempt, Either.left(status(429)))
        assert.lengthOf(sent, index + 2)
      }
    }).pipe(Effect.withRandom(Random.fixed([jitter])))
  )

  it.effect.each([
    ["10 seconds", 10_000],
    ["1 hour", 5 * minutes]
  ] as const)("is followed by its Retry-After, at most 5 minutes and never less: %s", ([retryAfter, pause]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(status(429, Duration.decode(retryAfter)))
      yield* attempt
      yield* TestClock.adjust(pause - 1)
      assert.strictEqual(waitOf(yield* attempt), 1)
      yield* TestClock.adjust(1)
      yield* attempt
      assert.lengthOf(sent, 2)
    }).pipe(Effect.withRandom(Random.fixed([1])))
  )

  it.effect("is no strike, however often", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(fault("900800", 503))
      for (let call = 0; call < 20; call++) {
        yield* attempt
        yield* TestClock.adjust("30 seconds")
      }
      assert.lengthOf(sent, 20)
      yield* answer(lost)
      yield* attempt
      assert.strictEqual(waitOf(yield* attempt), 2000)
    })
  )

  it.effect("is followed by one second again once another outcome lay in between", () =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* harness
      yield* answer(status(429))
      yield* attempt
      yield* TestClock.adjust("1 second")
      yield* answer(Effect.succeed(session))
      yield* attempt
      yield* answer(status(429))
      yield* attempt
      assert.strictEqual(waitOf(yield* attempt), 1000)
    }).pipe(unjittered)
  )
})

describe("an uncertain login", () => {
  const pauses = [2000, 30_000, 5 * minutes, 30 * minutes, 30 * minutes, 30 * minutes]

  it.effect.each([0, 1])("is followed by 2 s, 30 s, 5 min, then by half an hour each, jitter %i", (jitter) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(lost)
      yield* attempt
      for (const [index, pause] of pauses.entries()) {
        assert.strictEqual(waitOf(yield* attempt), pause)
        yield* TestClock.adjust(pause - 1)
        assert.strictEqual(waitOf(yield* attempt), 1)
        yield* TestClock.adjust(1)
        assert.deepStrictEqual(yield* attempt, Either.left(lost))
        assert.lengthOf(sent, index + 2)
      }
    }).pipe(Effect.withRandom(Random.fixed([jitter])))
  )

  it.effect("counts the pause from its end", () =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* harness
      yield* answer(Effect.delay(Effect.fail(lost), "10 seconds"))
      const first = yield* Effect.fork(attempt)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(first)
      assert.strictEqual(waitOf(yield* attempt), 2000)
    })
  )

  it.effect("holds back a different password too", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(lost)
      yield* attempt
      yield* use("right")
      assert.strictEqual(waitOf(yield* attempt), 2000)
      assert.deepStrictEqual(sent, ["wrong"])
    })
  )

  it.effect("is what an interrupted caller leaves behind", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.never)
      const caller = yield* Effect.fork(attempt)
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(caller)
      const { attempts, reason } = blockedOf(yield* attempt)
      assert.deepStrictEqual({ attempts, reason }, { attempts: 1, reason: "Uncertain" })
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("counts before it is sent, and not as long as it is under way", () =>
    Effect.gen(function* () {
      const { guard } = yield* harness
      const memory = yield* memories.current
      const user = userOf("user", "password")
      const strikes = () => [...memory.records.values()].map((record) => record.strikes.length)
      yield* guard.attempt(Effect.succeed(user), () =>
        Effect.gen(function* () {
          assert.deepStrictEqual(strikes(), [1])
          assert.deepStrictEqual(yield* guard.status(user), LoginGuard.LoginStatus.Open())
        })
      )
      assert.deepStrictEqual(strikes(), [])
    })
  )
})

describe("a probe", () => {
  const prepared = Effect.gen(function* () {
    const made = yield* harness
    const answers = yield* Ref.make<Effect.Effect<boolean, AuthError>>(Effect.succeed(false))
    const asked: Array<number> = []
    const probe = Effect.flatMap(Clock.currentTimeMillis, (now) => {
      asked.push(now)
      return Effect.flatten(Ref.get(answers))
    })
    return { ...made, asked, says: (next: typeof probe) => Ref.set(answers, next), attempt: made.attemptAfter(probe) }
  })

  it.effect("is not asked before a first login, nor after an answered one", () =>
    Effect.gen(function* () {
      const { answer, asked, attempt, sent, use } = yield* prepared
      yield* attempt
      yield* answer(refused)
      yield* attempt
      yield* use("right")
      yield* attempt
      yield* answer(status(429))
      yield* use("another")
      yield* attempt
      yield* TestClock.adjust("1 minute")
      yield* attempt
      assert.lengthOf(sent, 5)
      assert.deepStrictEqual(asked, [])
    })
  )

  it.effect("is asked once the pause is over, then after 1, 2, 4 … 30 seconds, until it is answered", () =>
    Effect.gen(function* () {
      const { answer, asked, attempt, says, sent } = yield* prepared
      yield* answer(lost)
      yield* attempt
      yield* answer(Effect.succeed(session))
      for (let second = 0; second < 100; second++) {
        assert.isTrue(Either.isLeft(yield* attempt))
        yield* TestClock.adjust("1 second")
      }
      assert.deepStrictEqual(
        asked,
        [2, 3, 5, 9, 17, 33, 63, 93].map((second) => second * 1000)
      )
      yield* says(Effect.succeed(true))
      yield* TestClock.adjust("23 seconds")
      assert.deepStrictEqual(yield* attempt, Either.right(session))
      assert.lengthOf(sent, 2)
    }).pipe(unjittered)
  )

  it.effect("that is not answered fails with what began the pause, and when the next is due", () =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* prepared
      yield* answer(lost)
      yield* attempt
      yield* TestClock.adjust("2 seconds")
      const error = errorOf(yield* attempt)
      assert.deepStrictEqual({ ...error }, { ...lost, retryAfter: Duration.seconds(1) })
    }).pipe(unjittered)
  )

  it.effect("that hangs until its deadline counts its pause from its end", () =>
    Effect.gen(function* () {
      const { answer, attempt, says } = yield* prepared
      yield* answer(lost)
      yield* attempt
      yield* TestClock.adjust("2 seconds")
      yield* says(Effect.delay(Effect.fail(new EndpointError({ endpoint: "logout", reason: "Timeout" })), "10 seconds"))
      const caller = yield* Effect.fork(attempt)
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(waitOf(yield* Fiber.join(caller)), 1000)
    }).pipe(unjittered)
  )

  it.effect("is not followed by a login with a password whose refusal has come late meanwhile", () =>
    Effect.gen(function* () {
      const { answer, attempt, lates, says, sent } = yield* prepared
      yield* answer(lost)
      yield* attempt
      yield* TestClock.adjust("2 seconds")
      yield* says(Effect.delay(Effect.succeed(true), "1 second"))
      const caller = yield* Effect.fork(attempt)
      yield* TestClock.adjust("999 millis")
      yield* lates[0]?.(yield* Effect.exit(Effect.fail(refused))) ?? Effect.void
      yield* TestClock.adjust("1 millis")
      const { attempts, reason } = blockedOf(yield* Fiber.join(caller))
      assert.deepStrictEqual({ attempts, reason }, { attempts: 1, reason: "Refused" })
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("that cannot be sent without an access token fails with that", () =>
    Effect.gen(function* () {
      const { answer, attempt, says, sent } = yield* prepared
      const unavailable = new EndpointError({ endpoint: "requestToken", reason: "Timeout" })
      yield* answer(lost)
      yield* attempt
      yield* TestClock.adjust("2 seconds")
      yield* says(Effect.fail(unavailable))
      assert.deepStrictEqual(yield* attempt, Either.left(unavailable))
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("makes an outage cost one strike, and end at most 30 seconds and one deadline after it is over", () =>
    Effect.gen(function* () {
      const { answer, attempt, says, sent } = yield* prepared
      const slow = <A>(result: Effect.Effect<A, AuthError>) => Effect.delay(result, "10 seconds")
      yield* answer(slow(Effect.fail(lost)))
      yield* says(slow(Effect.succeed(false)))
      const callUntil = (end: number) =>
        Effect.gen(function* () {
          while ((yield* Clock.currentTimeMillis) < end) {
            const caller = yield* Effect.fork(attempt)
            yield* TestClock.adjust("10 seconds")
            if (Either.isRight(yield* Fiber.join(caller))) return
          }
        })
      yield* callUntil(20 * minutes)
      assert.lengthOf(sent, 1)
      yield* answer(Effect.succeed(session))
      yield* says(Effect.succeed(true))
      const over = yield* Clock.currentTimeMillis
      yield* callUntil(over + 40_000)
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("lets trouble of the login alone cost three strikes in half a minute, and end within another", () =>
    Effect.gen(function* () {
      const { answer, attempt, says, sent } = yield* prepared
      yield* says(Effect.succeed(true))
      yield* answer(status(503))
      for (let second = 0; second < 20; second++) {
        yield* attempt
        yield* TestClock.adjust("1 second")
      }
      assert.lengthOf(sent, 2)
      yield* answer(Effect.succeed(session))
      yield* TestClock.adjust("12 seconds")
      assert.deepStrictEqual(yield* attempt, Either.right(session))
    })
  )
})

describe("failures in a row", () => {
  it.effect("end at four if one is a refusal, however many passwords there are", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, status, use } = yield* harness
      yield* answer(refused)
      for (let call = 0; call < 20; call++) {
        yield* use(`password ${call}`)
        yield* TestClock.adjust("1 hour")
        yield* attempt
      }
      assert.lengthOf(sent, 4)
      const { attempts, reason, retryAfter } = blockedOf(yield* attempt)
      assert.deepStrictEqual(
        { attempts, reason, retryAfter },
        { attempts: 4, reason: "Refused", retryAfter: undefined }
      )
      assert.deepStrictEqual(yield* status, LoginGuard.LoginStatus.Blocked({ reason: "TooManyStrikes" }))
    })
  )

  it.effect("count an uncertain one as one of the four", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      for (const [index, outcome] of [refused, lost, lost, refused, refused].entries()) {
        yield* use(`password ${index}`)
        yield* answer(outcome)
        yield* TestClock.adjust("10 minutes")
        yield* attempt
      }
      assert.lengthOf(sent, 4)
    })
  )

  /** A clock that only tells the time: moving TestClock is too slow for thousands of steps. */
  const clockAt = (now: () => number): Clock.Clock => ({
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos: () => BigInt(now()) * 1_000_000n,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: Effect.sync(() => BigInt(now()) * 1_000_000n),
    sleep: () => Effect.never
  })

  const answers = {
    refused: Effect.fail(refused),
    lost: Effect.fail(lost),
    "not sent": Effect.fail(notSent),
    success: Effect.succeed(session)
  }

  const step = FastCheck.record({
    password: FastCheck.integer({ min: 0, max: 6 }),
    answer: FastCheck.constantFrom(
      ...(["refused", "refused", "lost", "lost", "lost", "late", "not sent", "success"] as const)
    ),
    pause: FastCheck.constantFrom(0, 1_000, 2_000, 5_000, 30_000, 300_000, 1_799_999, 1_800_000)
  })

  it.effect.prop(
    "never reach five refusals, nor five that may be refusals within half an hour",
    { steps: FastCheck.array(step, { minLength: 10, maxLength: 60 }) },
    ({ steps }) => {
      let now = 0
      return Effect.gen(function* () {
        const { answer, attempt, lates, sent, use } = yield* harness
        let strikes: Array<{ readonly at: number; readonly refused: boolean }> = []
        for (const step of steps) {
          now += step.pause
          yield* use(`password ${step.password}`)
          yield* answer(answers[step.answer === "late" ? "lost" : step.answer])
          const before = sent.length
          yield* attempt
          if (sent.length === before || step.answer === "not sent") continue
          if (step.answer === "success") strikes = []
          else strikes.push({ at: now, refused: step.answer !== "lost" })
          if (step.answer === "late") yield* lates.at(-1)?.(yield* Effect.exit(answers.refused)) ?? Effect.void
          assert.isBelow(strikes.filter(({ refused }) => refused).length, 5)
          const fifthLast = strikes.at(-5)
          if (fifthLast !== undefined) assert.isAtLeast(now - fifthLast.at, 30 * minutes)
        }
      }).pipe(Effect.withClock(clockAt(() => now)))
    },
    { fastCheck: { numRuns: 100 } }
  )

  it.effect("are not forgiven for a wall clock that is set forward", () => {
    const wall = { at: 0, steady: 0 }
    const clock: Clock.Clock = {
      ...clockAt(() => wall.at),
      unsafeCurrentTimeNanos: () => BigInt(wall.steady) * 1_000_000n,
      currentTimeNanos: Effect.sync(() => BigInt(wall.steady) * 1_000_000n)
    }
    return Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(lost)
      for (let call = 0; call < 10; call++) {
        yield* attempt
        wall.at += 60 * minutes
        wall.steady += 6
      }
      assert.lengthOf(sent, 1)
      wall.at = 0
      wall.steady = 2000
      yield* attempt
      assert.lengthOf(sent, 2)
    }).pipe(Effect.withClock(clock))
  })
})

describe("a success", () => {
  it.effect("ends the strikes and the pauses", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, status, use } = yield* harness
      for (let round = 0; round < 3; round++) {
        for (const password of ["a", "b", "c"]) {
          yield* use(`${password}${round}`)
          yield* answer(refused)
          yield* attempt
        }
        yield* use("right")
        yield* answer(Effect.succeed(session))
        assert.deepStrictEqual(yield* attempt, Either.right(session))
        assert.deepStrictEqual(yield* status, LoginGuard.LoginStatus.Open())
      }
      assert.lengthOf(sent, 12)
      yield* answer(lost)
      yield* attempt
      assert.strictEqual(waitOf(yield* attempt), 2000)
    })
  )

  it.effect("leaves nothing to remember of a user who was never refused", () =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* harness
      const memory = yield* memories.current
      yield* answer(lost)
      yield* attempt
      assert.strictEqual(memory.records.size, 1)
      yield* TestClock.adjust("2 seconds")
      yield* answer(Effect.succeed(session))
      yield* attempt
      assert.deepStrictEqual([memory.records.size, memory.turns.size], [0, 0])
    })
  )
})

describe("a late answer", () => {
  const timedOut = Effect.gen(function* () {
    const made = yield* harness
    yield* made.answer(lost)
    yield* made.attempt
    const late = (outcome: Outcome, index = -1) =>
      Effect.flatMap(Effect.exit(outcome), (exit) => made.lates.at(index)?.(exit) ?? Effect.die("no login was sent"))
    return { ...made, late }
  })

  it.effect("that refuses latches, and is the strike that was counted, not one more", () =>
    Effect.gen(function* () {
      const { answer, attempt, late, sent, use } = yield* timedOut
      yield* late(Effect.fail(refused))
      const { attempts, reason } = blockedOf(yield* attempt)
      assert.deepStrictEqual({ attempts, reason }, { attempts: 1, reason: "Refused" })
      yield* use("right")
      yield* answer(Effect.succeed(session))
      assert.deepStrictEqual(yield* attempt, Either.right(session))
      assert.deepStrictEqual(sent, ["wrong", "right"])
    })
  )

  it.effect("that refuses a password that is in use no more allows two refusals at most", () =>
    Effect.gen(function* () {
      const { answer, attempt, late, sent, use } = yield* timedOut
      yield* TestClock.adjust("2 seconds")
      yield* attempt
      yield* late(Effect.fail(refused), 0)
      yield* late(Effect.fail(refused), 1)
      for (let minute = 0; minute < 10; minute++) {
        yield* attempt
        yield* TestClock.adjust("1 minute")
      }
      assert.lengthOf(sent, 2)
      yield* use("right")
      yield* answer(Effect.succeed(session))
      assert.deepStrictEqual(yield* attempt, Either.right(session))
    })
  )

  it.effect("that accepts clears the strikes before it", () =>
    Effect.gen(function* () {
      const { attempt, late, sent } = yield* timedOut
      yield* late(Effect.succeed(session))
      yield* attempt
      assert.lengthOf(sent, 2)
      assert.strictEqual(waitOf(yield* attempt), 2000)
    })
  )

  it.effect("that accepts leaves the strikes after it", () =>
    Effect.gen(function* () {
      const { attempt, late } = yield* timedOut
      yield* TestClock.adjust("2 seconds")
      yield* attempt
      assert.strictEqual(waitOf(yield* attempt), 30_000)
      yield* late(Effect.succeed(session), 0)
      assert.strictEqual(waitOf(yield* attempt), 2000)
    })
  )

  it.effect.each([
    ["an uncertain one", status(503)],
    ["a timeout", lost]
  ] as const)("changes nothing: %s", ([_, error]) =>
    Effect.gen(function* () {
      const { attempt, late } = yield* timedOut
      yield* TestClock.adjust("1 second")
      yield* late(Effect.fail(error))
      assert.strictEqual(waitOf(yield* attempt), 1000)
    })
  )

  it.effect("that was not judged takes the strike back", () =>
    Effect.gen(function* () {
      const { attempt, late, sent } = yield* timedOut
      yield* late(Effect.fail(fault("900800", 503)))
      yield* attempt
      assert.lengthOf(sent, 2)
      assert.strictEqual(waitOf(yield* attempt), 2000)
    })
  )
})

describe("reset", () => {
  it.effect("lets a refused password through once more", () =>
    Effect.gen(function* () {
      const { answer, attempt, reset, sent, status } = yield* harness
      yield* answer(refused)
      yield* attempt
      yield* reset
      assert.deepStrictEqual(yield* status, LoginGuard.LoginStatus.Open())
      assert.deepStrictEqual(yield* attempt, Either.left(refused))
      assert.strictEqual(blockedOf(yield* attempt).attempts, 1)
      assert.lengthOf(sent, 2)
    })
  )

  it.effect.each([lost, status(429)])("ends a pause", (error) =>
    Effect.gen(function* () {
      const { answer, attempt, reset, sent } = yield* harness
      yield* answer(error)
      yield* attempt
      yield* reset
      assert.deepStrictEqual(yield* attempt, Either.left(error))
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("lets another attempt through after four failures, and leaves other users as they are", () =>
    Effect.gen(function* () {
      const { answer, attempt, guard, sent, use } = yield* harness
      yield* answer(refused)
      yield* use("wrong", "another user")
      yield* attempt
      for (const password of ["a", "b", "c", "d", "e"]) {
        yield* use(password)
        yield* attempt
      }
      assert.lengthOf(sent, 5)
      yield* guard.reset({ username: "USER" })
      yield* attempt
      assert.lengthOf(sent, 6)
      yield* use("wrong", "another user")
      blockedOf(yield* attempt)
    })
  )

  it.effect("is not undone by the attempt that is under way, which counts by itself", () =>
    Effect.gen(function* () {
      const { answer, attempt, reset, sent, use } = yield* harness
      yield* answer(refused)
      yield* use("first")
      yield* attempt
      yield* use("second")
      yield* answer(Effect.delay(Effect.fail(refused), "1 second"))
      const underway = yield* Effect.fork(attempt)
      yield* TestClock.adjust(0)
      yield* reset
      yield* TestClock.adjust("1 second")
      yield* Fiber.join(underway)
      assert.strictEqual(blockedOf(yield* attempt).attempts, 1)
      yield* use("first")
      yield* answer(Effect.succeed(session))
      assert.deepStrictEqual(yield* attempt, Either.right(session))
      assert.deepStrictEqual(sent, ["first", "second", "first"])
    })
  )
})

describe("attempts", () => {
  it.effect("are made one at a time, over all guards of the process", () =>
    Effect.gen(function* () {
      const guards = yield* Effect.replicateEffect(LoginGuard.make, 4)
      let running = 0
      let most = 0
      let sent = 0
      const login = () =>
        Effect.acquireUseRelease(
          Effect.sync(() => {
            sent += 1
            most = Math.max(most, ++running)
          }),
          () => Effect.as(Effect.yieldNow(), session),
          () => Effect.sync(() => running--)
        )
      const attempts = Array.from({ length: 20 }, (_, n) =>
        guards[n % 4]?.attempt(Effect.succeed(userOf("user", "p")), login)
      )
      yield* Effect.all(
        attempts.filter((one) => one !== undefined),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual({ most, sent }, { most: 1, sent: 20 })
    })
  )

  it.effect("of different users do not wait for each other", () =>
    Effect.gen(function* () {
      const { answer, attempt, guard } = yield* harness
      yield* answer(Effect.never)
      const hanging = yield* Effect.fork(attempt)
      yield* TestClock.adjust(0)
      const other = Effect.succeed(userOf("another user", "password"))
      assert.strictEqual(yield* guard.attempt(other, () => Effect.succeed(session)), session)
      yield* Fiber.interrupt(hanging)
    })
  )

  it.effect("read the user once each, in their turn, and hand it on", () =>
    Effect.gen(function* () {
      let reads = 0
      const source = Effect.sync(() => userOf("user", `password ${++reads}`))
      const guard = yield* LoginGuard.make
      const sent: Array<readonly [read: string, reads: number]> = []
      const attempt = guard.attempt(source, ({ password }) => {
        sent.push([Redacted.value(password), reads])
        return Effect.as(Effect.yieldNow(), session)
      })
      yield* Effect.all([attempt, attempt, attempt], { concurrency: "unbounded" })
      assert.deepStrictEqual(sent, [
        ["password 1", 1],
        ["password 2", 2],
        ["password 3", 3]
      ])
    })
  )

  it.effect("fail with the source's own error, which is no strike", () =>
    Effect.gen(function* () {
      const sealed = new CredentialsError({ credentials: "Uws", description: "the vault is sealed" })
      const guard = yield* LoginGuard.make
      for (let call = 0; call < 3; call++) {
        assert.strictEqual(
          yield* Effect.flip(guard.attempt(Effect.fail(sealed), () => Effect.succeed(session))),
          sealed
        )
      }
    })
  )

  it.effect("fail after the deadline if the source hangs, and do not keep the next from succeeding", () =>
    Effect.gen(function* () {
      const reads = yield* Ref.make(0)
      const source = Effect.flatMap(
        Ref.getAndUpdate(reads, (n) => n + 1),
        (n) => (n === 0 ? Effect.never : Effect.succeed(userOf("user", "right")))
      )
      const guard = yield* LoginGuard.make
      const attempt = guard.attempt(source, () => Effect.succeed(session))
      const first = yield* Effect.fork(Effect.flip(attempt))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(first))._tag, "CredentialsError")
      assert.strictEqual(yield* attempt, session)
    })
  )

  it.effect.each([
    ["", "password"],
    ["user", ""]
  ] as const)("send nothing for username %j and password %j", ([username, password]) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { sessionToken: "x" }))
      const service = yield* Effect.provideService(SessionClient.make, HttpClient.HttpClient, client)
      const guard = yield* LoginGuard.make
      const user = Effect.succeed(userOf(username, password))
      for (let call = 0; call < 3; call++) {
        const error = yield* Effect.flip(guard.attempt(user, (read) => service.login(access, read)))
        assert.strictEqual(error._tag, "CredentialsError")
      }
      assert.deepStrictEqual(sent, [])
    })
  )

  it.effect("do not wait for a caller that has left", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.delay(Effect.succeed(session), "1 second"))
      const [first, second, third] = yield* Effect.all([
        Effect.fork(attempt),
        Effect.fork(attempt),
        Effect.fork(attempt)
      ])
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* Fiber.join(first), Either.right(session))
      assert.deepStrictEqual(yield* Fiber.join(third), Either.right(session))
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("wait for a login that takes a minute, as long as its holder runs", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.delay(Effect.succeed(session), "1 minute"))
      yield* Effect.fork(attempt)
      yield* Effect.fork(attempt)
      for (let second = 0; second < 59; second++) yield* TestClock.adjust("1 second")
      assert.lengthOf(sent, 1)
      yield* TestClock.adjust("1 second")
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("go on after one whose runtime was dropped, and count its login", () =>
    Effect.gen(function* () {
      const test = yield* Effect.clock
      const adjust = (time: Duration.DurationInput) => Effect.withClock(TestClock.adjust(time), test)
      let isDropped = true
      const clock: Clock.Clock = {
        [Clock.ClockTypeId]: Clock.ClockTypeId,
        unsafeCurrentTimeMillis: () => test.unsafeCurrentTimeMillis(),
        unsafeCurrentTimeNanos: () => test.unsafeCurrentTimeNanos(),
        currentTimeMillis: test.currentTimeMillis,
        currentTimeNanos: test.currentTimeNanos,
        sleep: (time) => (isDropped ? Effect.never : test.sleep(time))
      }
      yield* Effect.gen(function* () {
        const { answer, attempt, sent } = yield* harness
        yield* answer(Effect.never)
        yield* Effect.fork(attempt)
        yield* adjust(0)
        isDropped = false
        yield* answer(Effect.succeed(session))
        const next = yield* Effect.fork(attempt)
        yield* adjust("9999 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(next)))
        yield* adjust("1 millis")
        assert.deepStrictEqual(yield* Fiber.join(next), Either.right(session))
        assert.lengthOf(sent, 2)
      }).pipe(Effect.withClock(clock))
    })
  )
})

describe("the memory", () => {
  const attempt = (guard: LoginGuard.Service, username = "user") =>
    Effect.either(guard.attempt(Effect.succeed(userOf(username, "wrong")), () => Effect.fail(refused)))

  it.effect("is the process's: a guard that is built again knows what the one before knew", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* attempt(yield* LoginGuard.make), Either.left(refused))
      blockedOf(yield* attempt(yield* LoginGuard.make))
    })
  )

  it.effect("is another for each layerMemory", () =>
    Effect.gen(function* () {
      const own = Layer.provide(LoginGuard.layer, LoginGuard.layerMemory)
      for (let build = 0; build < 2; build++) {
        const guard = yield* Effect.provide(LoginGuard.LoginGuard, own)
        assert.deepStrictEqual(yield* attempt(guard), Either.left(refused))
        blockedOf(yield* attempt(guard))
      }
    })
  )

  it.effect("takes no further user once it is full, and keeps those that it has", () =>
    Effect.gen(function* () {
      const guard = yield* LoginGuard.make
      const memory = yield* memories.current
      yield* attempt(guard)
      const [[_, record] = assert.fail("nothing is remembered")] = memory.records
      for (let n = 1; n < 100_000; n++) memory.records.set(`user ${n}`, record)
      const error = errorOf(yield* attempt(guard, "one too many"))
      assert.deepInclude(error, { _tag: "EndpointError", reason: "NotSent", endpoint: "login" })
      blockedOf(yield* attempt(guard))
      const forgettable: ReadonlyArray<LoginRecord> = [
        { passwords: [], strikes: [], pause: { failure: notSent, until: 0, times: 1 } },
        {
          passwords: [{ mark: "A", at: 0, isRefused: false }],
          strikes: [],
          epoch: { number: 1, at: 0, resetAt: 0, seen: 0 }
        }
      ]
      for (const [n, one] of forgettable.entries()) {
        memory.records.set("user 1", one)
        assert.deepStrictEqual(yield* attempt(guard, `one more ${n}`), Either.left(refused))
        assert.isFalse(memory.records.has("user 1"))
        memory.records.delete(`user ${n + 2}`)
      }
    })
  )

  it.effect("holds no password", () =>
    Effect.gen(function* () {
      const { answer, attempt, use } = yield* harness
      yield* use("s3cr3t p+ss")
      yield* answer(refused)
      yield* attempt
      secrecy.assertSecret(blockedOf(yield* attempt), ["s3cr3t p+ss"])
      const memory = yield* memories.current
      assert.notInclude(JSON.stringify([...memory.records]), "s3cr3t")
    })
  )

  const spellings: ReadonlyArray<readonly [label: string, names: ReadonlyArray<string>]> = [
    ["case and blanks", ["bob", "Bob", " bob", "BOB ", "bob", "boB"]],
    ["composed and decomposed", ["Jos\u00e9", "Jose\u0301", "JOSE\u0301", "jos\u00e9 ", "JOS\u00c9", "jose\u0301"]]
  ]
  it.effect.each(spellings)("knows a user under every spelling: %s buy no further attempts", ([_, names]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(refused)
      for (const [n, name] of names.entries()) {
        yield* use(`wrong ${n}`, name)
        yield* attempt
      }
      assert.lengthOf(sent, 4)
    })
  )
})

describe("guards that are built again and again", () => {
  const builds = (times: number, apart: Duration.DurationInput, username = (_: number) => "user") =>
    Effect.gen(function* () {
      const log = logging()
      for (let n = 0; n < times; n++) {
        const guard = yield* LoginGuard.make
        const user = Effect.succeed(userOf(username(n), "right"))
        yield* Effect.provide(
          guard.attempt(user, () => Effect.succeed(session)),
          log.layer
        )
        yield* Effect.provide(
          guard.attempt(user, () => Effect.succeed(session)),
          log.layer
        )
        yield* TestClock.adjust(apart)
      }
      return log.at("WARN").filter((line) => line.includes("ManagedRuntime")).length
    })

  it.effect("for one user are warned of once", () =>
    Effect.map(builds(9, "1 second"), (many) => assert.strictEqual(many, 1))
  )

  it.effect("twice are not", () => Effect.map(builds(2, 0), (many) => assert.strictEqual(many, 0)))

  it.effect("a minute apart are not", () => Effect.map(builds(9, "30 seconds"), (many) => assert.strictEqual(many, 0)))

  it.effect("for a user each are not", () =>
    Effect.map(
      builds(9, 0, (n) => `user ${n}`),
      (many) => assert.strictEqual(many, 0)
    )
  )
})
