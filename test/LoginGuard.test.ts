import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
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
import * as Credentials from "../src/Credentials.js"
import * as LoginGuard from "../src/LoginGuard.js"
import * as OAuthClient from "../src/OAuthClient.js"
import * as SessionClient from "../src/SessionClient.js"
import { SessionToken } from "../src/SessionToken.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
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
const lost = new EndpointError({ endpoint: "login", reason: "Timeout" })
const notSent = new EndpointError({ endpoint: "login", reason: "NotSent" })

type Login = (credentials: Credentials.Uws) => Effect.Effect<SessionToken, AuthError>

/** A guard whose user, password and platform can be changed, and which notes the passwords that were sent. */
const harness = Effect.gen(function* () {
  const credentials = yield* Ref.make({ username: "user", password: "wrong" })
  const outcome = yield* Ref.make<Effect.Effect<SessionToken, AuthError>>(Effect.succeed(session))
  const sent: Array<string> = []
  const source = Effect.map(Ref.get(credentials), ({ password, username }) => ({
    username,
    password: Redacted.make(password)
  }))
  const guard = yield* Effect.provide(LoginGuard.make, Credentials.layerUwsEffect(source))
  const login: Login = ({ password }) =>
    Effect.suspend(() => {
      sent.push(Redacted.value(password))
      return Effect.flatten(Ref.get(outcome))
    })
  return {
    guard,
    sent,
    attempt: Effect.either(guard.attempt(login)),
    use: (password: string, username = "user") => Ref.set(credentials, { username, password }),
    answer: (next: Effect.Effect<SessionToken, AuthError>) => Ref.set(outcome, next)
  }
})

const blockedOf = (result: Either.Either<SessionToken, AuthError>): LoginBlocked => {
  const error = Option.getOrUndefined(Either.getLeft(result))
  return error?._tag === "LoginBlocked" ? error : assert.fail(`expected LoginBlocked, got ${String(error ?? result)}`)
}

const waitOf = (result: Either.Either<SessionToken, AuthError>): number => {
  const { reason, retryAfter } = blockedOf(result)
  assert.strictEqual(reason, "Uncertain")
  return retryAfter === undefined ? assert.fail("expected retryAfter") : Duration.toMillis(retryAfter)
}

describe("a refused password", () => {
  it.effect("is sent once, whatever asks for it afterwards", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.fail(refused))
      assert.deepStrictEqual(yield* attempt, Either.left(refused))
      for (let call = 0; call < 1000; call++) {
        if (call % 100 === 0) yield* TestClock.adjust("1 day")
        const { attempts, reason, retryAfter } = blockedOf(yield* attempt)
        assert.deepStrictEqual(
          { attempts, reason, retryAfter },
          { attempts: 1, reason: "Refused", retryAfter: undefined }
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
        results.filter((result) => Either.isLeft(result) && result.left._tag === "LoginBlocked"),
        49
      )
    })
  )

  it.effect("is sent once to the platform itself", () =>
    Effect.gen(function* () {
      const client = yield* SessionClient.SessionClient
      const guard = yield* LoginGuard.LoginGuard
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const { appKey, appSecret } = ThingSpaceEmulator.defaults
      const oauth = yield* OAuthClient.OAuthClient
      const bearer = yield* oauth.requestToken({ key: Redacted.make(appKey), secret: Redacted.make(appSecret) })
      yield* emulator.clearExchanges
      const errors = yield* Effect.all(
        Effect.replicate(Effect.flip(guard.attempt((user) => client.login(bearer, user))), 20)
      )
      assert.deepStrictEqual(errors.map(({ _tag }) => _tag).slice(0, 2), ["SessionError", "LoginBlocked"])
      assert.lengthOf(yield* emulator.exchanges, 1)
      assert.deepStrictEqual(yield* emulator.lockedUsers, [])
    }).pipe(
      Effect.provide(
        Layer.mergeAll(OAuthClient.layer, SessionClient.layer, LoginGuard.layer).pipe(
          Layer.provideMerge(ThingSpaceEmulator.layer()),
          Layer.provide(
            Credentials.layerUws({ username: ThingSpaceEmulator.defaults.username, password: Redacted.make("wrong") })
          )
        )
      )
    )
  )

  it.effect("makes room for a different one at once", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(Effect.fail(refused))
      yield* attempt
      yield* use("right")
      yield* answer(Effect.succeed(session))
      assert.deepStrictEqual(yield* attempt, Either.right(session))
      assert.deepStrictEqual(sent, ["wrong", "right"])
    })
  )

  it.effect("is not sent again after a different one was refused", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(Effect.fail(refused))
      for (const password of ["first", "second", "first", "second", "first"]) {
        yield* use(password)
        yield* attempt
      }
      assert.deepStrictEqual(sent, ["first", "second"])
    })
  )

  it.effect("does not hold back another user who happens to have the same", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(Effect.fail(refused))
      yield* attempt
      yield* use("wrong", "another user")
      yield* attempt
      assert.lengthOf(sent, 2)
      blockedOf(yield* attempt)
    })
  )

  it.effect("stays refused where another error followed in the same attempt", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.ensuring(Effect.fail(refused), Effect.die("a finalizer")))
      yield* Effect.exit(attempt)
      assert.strictEqual(blockedOf(yield* attempt).reason, "Refused")
      assert.lengthOf(sent, 1)
    })
  )

  const codes: ReadonlyArray<readonly [code: string, status: number, counts: "Refused" | "Uncertain"]> = [
    ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 400, "Refused"],
    ["UnifiedWebService.INPUT_INVALID.Username.Invalid", 400, "Refused"],
    ["UnifiedWebService.REQUEST_FAILED.UserLocked", 400, "Refused"],
    ["UnifiedWebService.REQUEST_FAILED.SomethingNew", 401, "Refused"],
    ["SOMETHING_WITHOUT_DOTS", 400, "Refused"],
    ["UnifiedWebService.REQUEST_FAILED.UnexpectedError", 400, "Uncertain"],
    ["UnifiedWebService.INPUT_INVALID.RequestUndefined", 400, "Uncertain"],
    ["UnifiedWebService.INPUT_INVALID.Request.InvalidCharacter", 400, "Uncertain"],
    ["UnifiedWebService.DeserializationFailed", 400, "Uncertain"],
    ["DeserializationFailed", 400, "Uncertain"],
    ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 408, "Uncertain"],
    ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 429, "Uncertain"],
    ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 499, "Refused"],
    ["UnifiedWebService.INPUT_INVALID.Password.Invalid", 500, "Uncertain"]
  ]
  it.effect.each(codes)("is told by %s with status %i: %s", ([errorCode, status, counts]) =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* harness
      yield* answer(Effect.fail(new SessionError({ endpoint: "login", status, errorCode, errorMessage: "" })))
      yield* attempt
      assert.strictEqual(blockedOf(yield* attempt).reason, counts)
    })
  )
})

describe("refusals in a row", () => {
  it.effect("end at four, however many passwords there are", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(Effect.fail(refused))
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
    })
  )

  it.effect("count an outcome that nobody knows as one of the four", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      for (const [index, outcome] of [refused, lost, lost, refused, refused].entries()) {
        yield* use(`password ${index}`)
        yield* answer(Effect.fail(outcome))
        yield* TestClock.adjust("10 seconds")
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
    sleep: () => Effect.void
  })

  const outcomes = {
    refused: Effect.fail(refused),
    lost: Effect.fail(lost),
    "not sent": Effect.fail(notSent),
    success: Effect.succeed(session)
  }

  const step = FastCheck.record({
    password: FastCheck.integer({ min: 0, max: 6 }),
    answer: FastCheck.constantFrom(...(["refused", "refused", "lost", "lost", "not sent", "success"] as const)),
    pause: FastCheck.constantFrom(0, 999, 1_000, 1_250, 5_000, 1_799_999, 2_250_000)
  })

  it.effect.prop(
    "never reach five, nor do five outcomes that nobody knows within half an hour",
    { steps: FastCheck.array(step, { minLength: 10, maxLength: 60 }) },
    ({ steps }) => {
      let now = 0
      return Effect.gen(function* () {
        const { answer, attempt, sent, use } = yield* harness
        let strikes: Array<{ readonly at: number; readonly refused: boolean }> = []
        for (const step of steps) {
          now += step.pause
          yield* use(`password ${step.password}`)
          yield* answer(outcomes[step.answer])
          const before = sent.length
          yield* attempt
          if (sent.length === before || step.answer === "not sent") continue
          if (step.answer === "success") strikes = []
          else strikes.push({ at: now, refused: step.answer === "refused" })
          assert.isBelow(strikes.filter(({ refused }) => refused).length, 5)
          const fifthLast = strikes.at(-5)
          if (fifthLast !== undefined) assert.isAtLeast(now - fifthLast.at, 30 * 60 * 1000)
        }
      }).pipe(Effect.withClock(clockAt(() => now)))
    },
    { fastCheck: { numRuns: 300 } }
  )
})

describe("an outcome that nobody knows", () => {
  const unknown: ReadonlyArray<readonly [label: string, outcome: Effect.Effect<SessionToken, AuthError>]> = [
    ["a timeout", Effect.fail(lost)],
    ["a lost connection", Effect.fail(new EndpointError({ endpoint: "login", reason: "Transport" }))],
    ["a 5xx", Effect.fail(new EndpointError({ endpoint: "login", reason: "StatusCode", status: 503 }))],
    ["a 429", Effect.fail(new EndpointError({ endpoint: "login", reason: "StatusCode", status: 429 }))],
    ["a redirect", Effect.fail(new EndpointError({ endpoint: "login", reason: "StatusCode", status: 302 }))],
    ["a bare 401", Effect.fail(new EndpointError({ endpoint: "login", reason: "StatusCode", status: 401 }))],
    ["an unreadable answer", Effect.fail(new EndpointError({ endpoint: "login", reason: "Decode", status: 200 }))],
    ["a throttled gateway", Effect.fail(new OAuthError({ endpoint: "login", status: 503, error: "900800" }))],
    ["an interruption", Effect.interrupt],
    ["a defect", Effect.die("a bug")]
  ]
  it.effect.each(unknown)("holds the next attempt back: %s", ([_, outcome]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(outcome)
      yield* Effect.exit(attempt)
      const wait = waitOf(yield* attempt)
      assert.isAtLeast(wait, 1000)
      assert.isAtMost(wait, 1250)
      assert.lengthOf(sent, 1)
    })
  )

  it.effect("is what an interrupted caller leaves behind", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.never)
      const caller = yield* Effect.fork(attempt)
      yield* TestClock.adjust(0)
      yield* Fiber.interrupt(caller)
      waitOf(yield* attempt)
      assert.lengthOf(sent, 1)
    })
  )

  const harmless: ReadonlyArray<readonly [label: string, error: AuthError]> = [
    ["a login that was not sent", notSent],
    ["an access token that could not be had", new EndpointError({ endpoint: "requestToken", reason: "Timeout" })],
    ["a refused application", new OAuthError({ endpoint: "requestToken", status: 401, error: "invalid_client" })],
    ...["900901", "900902", "900903", "900904", "invalid_token"].map((error): readonly [string, AuthError] => [
      `an access token refused with ${error}`,
      new OAuthError({ endpoint: "login", status: 401, error })
    ]),
    ["missing credentials", new CredentialsError({ credentials: "Uws", description: "the vault is sealed" })]
  ]
  it.effect.each(harmless)("is not: %s", ([_, error]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.fail(error))
      for (let call = 0; call < 10; call++) assert.deepStrictEqual(yield* attempt, Either.left(error))
      assert.lengthOf(sent, 10)
    })
  )

  const minutes = 60 * 1000
  const pauses: ReadonlyArray<number> = [1000, 2000, 4000, 30 * minutes, 30 * minutes, 30 * minutes]

  it.effect.each([
    ["without jitter", 0, 1],
    ["with all of it", 0.999_999, 1.25]
  ] as const)("is followed by 1, 2 and 4 seconds, then by half an hour each: %s", ([_, jitter, factor]) =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.fail(lost))
      yield* attempt
      for (const [index, base] of pauses.entries()) {
        const pause = base * factor
        assert.approximately(waitOf(yield* attempt), pause, 3)
        yield* TestClock.adjust(pause - 3)
        const { attempts } = blockedOf(yield* attempt)
        assert.strictEqual(attempts, index + 1)
        yield* TestClock.adjust(3)
        assert.deepStrictEqual(yield* attempt, Either.left(lost))
        assert.lengthOf(sent, index + 2)
      }
    }).pipe(Effect.withRandom(Random.fixed([jitter])))
  )

  it.effect("holds back for the pause to the millisecond", () =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* harness
      yield* answer(Effect.fail(lost))
      yield* attempt
      yield* TestClock.adjust(999)
      assert.strictEqual(waitOf(yield* attempt), 1)
      yield* TestClock.adjust(1)
      assert.deepStrictEqual(yield* attempt, Either.left(lost))
    }).pipe(Effect.withRandom(Random.fixed([0])))
  )

  it.effect("counts the pause from the end of the attempt", () =>
    Effect.gen(function* () {
      const { answer, attempt } = yield* harness
      yield* answer(Effect.delay(Effect.fail(lost), "10 seconds"))
      const first = yield* Effect.fork(attempt)
      yield* TestClock.adjust("10 seconds")
      yield* Fiber.join(first)
      const blocked = blockedOf(yield* attempt)
      assert.strictEqual(DateTime.toEpochMillis(blocked.since), 10_000)
      assert.isAtLeast(waitOf(Either.left(blocked)), 1000)
    })
  )

  it.effect("holds back a different password too", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(Effect.fail(lost))
      yield* attempt
      yield* use("right")
      waitOf(yield* attempt)
      assert.deepStrictEqual(sent, ["wrong"])
    })
  )

  it.effect("does not hold back longer than its pause when the clock is set back", () =>
    Effect.gen(function* () {
      yield* TestClock.setTime(10 * 60 * minutes)
      const { answer, attempt, sent } = yield* harness
      yield* answer(Effect.fail(lost))
      yield* attempt
      yield* TestClock.setTime(60 * minutes)
      assert.isAtMost(waitOf(yield* attempt), 1250)
      yield* TestClock.adjust(1250)
      yield* attempt
      assert.lengthOf(sent, 2)
    })
  )
})

describe("a success", () => {
  it.effect("clears the refusals and the pauses", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      for (let round = 0; round < 3; round++) {
        for (const password of ["a", "b", "c"]) {
          yield* use(password)
          yield* answer(Effect.fail(refused))
          yield* attempt
        }
        yield* use("right")
        yield* answer(Effect.succeed(session))
        assert.deepStrictEqual(yield* attempt, Either.right(session))
      }
      assert.lengthOf(sent, 12)
      yield* answer(Effect.fail(lost))
      yield* attempt
      assert.isAtMost(waitOf(yield* attempt), 1250)
    })
  )
})

describe("reset", () => {
  it.effect("lets a refused password through once more", () =>
    Effect.gen(function* () {
      const { answer, attempt, guard, sent } = yield* harness
      yield* answer(Effect.fail(refused))
      yield* attempt
      yield* guard.reset
      assert.deepStrictEqual(yield* attempt, Either.left(refused))
      assert.strictEqual(blockedOf(yield* attempt).attempts, 1)
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("ends a pause", () =>
    Effect.gen(function* () {
      const { answer, attempt, guard, sent } = yield* harness
      yield* answer(Effect.fail(lost))
      yield* attempt
      yield* guard.reset
      assert.deepStrictEqual(yield* attempt, Either.left(lost))
      assert.lengthOf(sent, 2)
    })
  )

  it.effect("forgets the users of earlier attempts also where the credentials cannot be read now", () =>
    Effect.gen(function* () {
      const source = yield* Ref.make<Effect.Effect<Credentials.Uws, CredentialsError>>(
        Effect.succeed({ username: "user", password: Redacted.make("password") })
      )
      const guard = yield* Effect.provide(LoginGuard.make, Credentials.layerUwsEffect(Effect.flatten(Ref.get(source))))
      const attempt = Effect.flip(guard.attempt(() => Effect.fail(refused)))
      assert.deepStrictEqual(yield* attempt, refused)
      const open = yield* Ref.getAndSet(source, Effect.never)
      const reset = yield* Effect.fork(guard.reset)
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(reset)
      yield* Ref.set(source, open)
      assert.deepStrictEqual(yield* attempt, refused)
    })
  )

  it.effect("is not undone by the attempt that was under way, which counts by itself", () =>
    Effect.gen(function* () {
      const { answer, attempt, guard, sent, use } = yield* harness
      yield* answer(Effect.fail(refused))
      yield* use("first")
      yield* attempt
      yield* use("second")
      yield* answer(Effect.delay(Effect.fail(refused), "1 second"))
      const underway = yield* Effect.fork(attempt)
      yield* Effect.yieldNow()
      yield* guard.reset
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
  it.effect("are made one at a time", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent } = yield* harness
      let running = 0
      let most = 0
      yield* answer(
        Effect.acquireUseRelease(
          Effect.sync(() => {
            most = Math.max(most, ++running)
          }),
          () => Effect.as(Effect.yieldNow(), session),
          () => Effect.sync(() => running--)
        )
      )
      yield* Effect.all(Effect.replicate(attempt, 20), { concurrency: "unbounded" })
      assert.strictEqual(most, 1)
      assert.lengthOf(sent, 20)
    })
  )

  it.effect("read the credentials once each and hand them on", () =>
    Effect.gen(function* () {
      let reads = 0
      const source = Effect.sync(() => ({ username: "user", password: Redacted.make(`password ${++reads}`) }))
      const guard = yield* Effect.provide(LoginGuard.make, Credentials.layerUwsEffect(source))
      const sent: Array<string> = []
      yield* Effect.replicateEffect(
        guard.attempt(({ password, username }) => {
          sent.push(username, Redacted.value(password))
          return Effect.succeed(session)
        }),
        2
      )
      assert.deepStrictEqual(sent, ["user", "password 1", "user", "password 2"])
    })
  )

  it.effect("fail with the source's own error, which is no strike", () =>
    Effect.gen(function* () {
      const sealed = new CredentialsError({ credentials: "Uws", description: "the vault is sealed" })
      const guard = yield* Effect.provide(LoginGuard.make, Credentials.layerUwsEffect(Effect.fail(sealed)))
      for (let call = 0; call < 3; call++) {
        assert.strictEqual(yield* Effect.flip(guard.attempt(() => Effect.succeed(session))), sealed)
      }
    })
  )

  it.effect.each([
    ["", "password"],
    ["user", ""]
  ] as const)("send nothing for username %j and password %j", ([username, password]) =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.json(200, { sessionToken: "x" }))
      const service = yield* Effect.provideService(SessionClient.make, HttpClient.HttpClient, client)
      const guard = yield* Effect.provide(
        LoginGuard.make,
        Credentials.layerUws({ username, password: Redacted.make(password) })
      )
      for (let call = 0; call < 3; call++) {
        const error = yield* Effect.flip(guard.attempt((user) => service.login(access, user)))
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
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(second)
      yield* TestClock.adjust("2 seconds")
      assert.deepStrictEqual(yield* Fiber.join(first), Either.right(session))
      assert.deepStrictEqual(yield* Fiber.join(third), Either.right(session))
      assert.lengthOf(sent, 2)
    })
  )
})

describe("LoginBlocked", () => {
  it.effect("holds no secret", () =>
    Effect.gen(function* () {
      const { answer, attempt, use } = yield* harness
      yield* use("s3cr3t p+ss")
      yield* answer(Effect.fail(refused))
      yield* attempt
      secrecy.assertSecret(blockedOf(yield* attempt), ["s3cr3t p+ss"])
    })
  )
})

describe("a source of credentials that hangs", () => {
  it.effect("fails the attempt after the deadline, and does not keep the next from succeeding", () =>
    Effect.gen(function* () {
      const reads = yield* Ref.make(0)
      const user = { username: "user", password: Redacted.make("right") }
      const source = Effect.flatMap(
        Ref.getAndUpdate(reads, (n) => n + 1),
        (n) => (n === 0 ? Effect.never : Effect.succeed(user))
      )
      const guard = yield* Effect.provide(LoginGuard.make, Credentials.layerUwsEffect(source))
      const login: Login = () => Effect.succeed(session)
      const first = yield* Effect.fork(Effect.flip(guard.attempt(login)))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual((yield* Fiber.join(first))._tag, "CredentialsError")
      assert.strictEqual(yield* guard.attempt(login), session)
    })
  )
})

describe("a username in another spelling", () => {
  it.effect("is the same user: case and blanks do not buy further attempts", () =>
    Effect.gen(function* () {
      const { answer, attempt, sent, use } = yield* harness
      yield* answer(Effect.fail(refused))
      for (const [n, name] of ["bob", "Bob", " bob", "BOB ", "bob", "boB"].entries()) {
        yield* use(`wrong ${n}`, name)
        yield* attempt
      }
      assert.lengthOf(sent, 4)
    })
  )
})
