import { assert, describe, it } from "@effect/vitest"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"
import type { AuthError } from "../src/AuthError.js"
import * as Credentials from "../src/Credentials.js"
import * as LoginGuard from "../src/LoginGuard.js"
import * as SessionClient from "../src/SessionClient.js"
import * as SessionSource from "../src/SessionSource.js"
import { fingerprint, SessionToken } from "../src/SessionToken.js"
import * as ThingSpaceEmulator from "../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../src/TokenSource.js"
import * as pipeline from "./utils/pipeline.js"
import * as recorder from "./utils/recorder.js"

const { cost, linkedTo, logging, paths, received, settle, tracing } = pipeline

const source = SessionSource.SessionSource
const get = Effect.flatMap(source, (sessions) => sessions.get)
const secret = Effect.map(get, (token) => Redacted.value(token.secret))
const logout = Effect.flatMap(source, (sessions) => sessions.logout)
const invalidate = (token: SessionToken) => Effect.flatMap(source, (sessions) => sessions.invalidate(token))

/** A request that the platform accepts now. */
const use = Effect.gen(function* () {
  const sessions = yield* source
  const now = yield* Effect.clockWith((clock) => clock.currentTimeMillis)
  yield* sessions.used(yield* sessions.get, now)
})

const logins = Effect.map(received(paths.login), (all) => all.length)
/** When, in minutes, each login reached the platform. */
const loginTimes = Effect.map(received(paths.login), (all) => all.map(({ at }) => at / 60_000))

const fails = (fault: ThingSpaceEmulator.Fault, path: string, times?: number) =>
  Effect.flatMap(ThingSpaceEmulator.ThingSpaceEmulator, (emulator) => emulator.failNext(fault, { path, times }))

const gatewayFault = (code: string) =>
  ThingSpaceEmulator.answer(401, { body: JSON.stringify({ fault: { code, message: "no", description: "no" } }) })

const many = <A, E, R>(count: number, effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: count }), () => effect, { concurrency: "unbounded" })

const reason = (error: AuthError) => ("reason" in error ? `${error._tag} ${error.reason}` : error._tag)

type Options = Partial<ThingSpaceHttpClient.Options>

describe("get", () => {
  it.effect("logs in once, with one token, however many ask at once", () =>
    Effect.gen(function* () {
      assert.strictEqual(new Set(yield* many(10_000, secret)).size, 1)
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("logs in before it hands out a session that is known to have idled out", () =>
    Effect.gen(function* () {
      const first = yield* secret
      yield* TestClock.adjust("1199999 millis")
      assert.strictEqual(yield* secret, first)
      yield* TestClock.adjust("1 millis")
      assert.notStrictEqual(yield* secret, first)
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )

  it.effect("counts the idle time from before the login was sent", () =>
    Effect.gen(function* () {
      yield* Effect.fork(get)
      yield* TestClock.adjust("5 seconds")
      yield* TestClock.setTime(Duration.toMillis("20 minutes") - 1)
      yield* get
      assert.strictEqual(yield* logins, 1)
      yield* TestClock.adjust(1)
      const next = yield* Effect.fork(get)
      yield* TestClock.adjust("5 seconds")
      yield* Fiber.join(next)
      assert.strictEqual(yield* logins, 2)
    }).pipe(
      Effect.provide(
        pipeline.layer({ relogin: Schedule.stop }, { responseLatency: (_, path) => (path === paths.login ? 5000 : 0) })
      )
    )
  )

  it.effect("fails those who waited with the one failure, and tries anew for the next once the guard allows it", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.answer(503), paths.login)
      const errors = yield* many(10, Effect.flip(get))
      assert.deepStrictEqual([...new Set(errors.map(reason))], ["EndpointError StatusCode"])
      const again = yield* Effect.flip(get)
      assert.strictEqual(reason(again), "EndpointError StatusCode")
      assert.isTrue("retryAfter" in again && again.retryAfter !== undefined)
      assert.strictEqual(yield* logins, 1)
      yield* TestClock.adjust("2 seconds")
      yield* many(10, get)
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("gives up a login that is not answered after the deadline, and the next caller works", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.hang, paths.login)
      const callers = yield* many(3, Effect.fork(get))
      yield* settle
      yield* Fiber.interruptAll(callers)
      const late = yield* Effect.fork(Effect.flip(get))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(reason(yield* Fiber.join(late)), "EndpointError Timeout")
      yield* TestClock.adjust("2 seconds")
      yield* get
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("renews the token once, without a strike, where the login is refused for it", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const tokens = yield* TokenSource.TokenSource
      yield* tokens.get
      yield* emulator.revokeAll
      yield* get
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("tries no third time, and counts no strike, where the login is refused for a fresh token too", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* fails(gatewayFault("900901"), paths.login, 2)
      const tokens = yield* TokenSource.TokenSource
      yield* tokens.get
      yield* emulator.revokeAll
      assert.strictEqual((yield* Effect.flip(get))._tag, "OAuthError")
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
      yield* TestClock.adjust("1 seconds")
      yield* get
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 3 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("sends a login once where the platform hands the refused token back", () =>
    Effect.gen(function* () {
      yield* fails(gatewayFault("900901"), paths.login, 2)
      assert.strictEqual((yield* Effect.flip(get))._tag, "OAuthError")
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("takes a bare 401 for an answer nobody understands: a strike, and the next login has another token", () =>
    Effect.gen(function* () {
      yield* fails(ThingSpaceEmulator.answer(401), paths.login)
      assert.strictEqual(reason(yield* Effect.flip(get)), "EndpointError StatusCode")
      assert.strictEqual(reason(yield* Effect.flip(get)), "EndpointError StatusCode")
      assert.strictEqual(yield* logins, 1)
      yield* TestClock.adjust("2 seconds")
      yield* get
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 2 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("fails, and logs in no more, once the layer has been closed", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(pipeline.layer(), scope)
      yield* Effect.gen(function* () {
        const token = yield* get
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(reason(yield* Effect.flip(get)), "EndpointError NotSent")
        yield* invalidate(token)
        yield* logout
        yield* TestClock.adjust("2 hours")
        assert.strictEqual(reason(yield* Effect.flip(get)), "EndpointError NotSent")
        assert.strictEqual(yield* logins, 1)
        assert.lengthOf(yield* received(paths.logout), 0)
      }).pipe(Effect.provide(context))
    })
  )

  it.effect("logs in under a root span that is linked to the caller's", () =>
    Effect.gen(function* () {
      const { named, tracer } = yield* tracing
      yield* get.pipe(
        Effect.withSpan("caller"),
        Effect.provide(pipeline.layer()),
        Effect.withSpan("program"),
        Effect.withTracer(tracer)
      )
      const span = named("ThingSpace.login")
      assert.isTrue(span !== undefined && Option.isNone(span.parent))
      assert.deepStrictEqual(linkedTo(span), ["caller"])
    })
  )
})

describe("used", () => {
  it.effect("has the idle time count from the latest time given, not from an earlier one that is told later", () =>
    Effect.gen(function* () {
      const sessions = yield* source
      const token = yield* sessions.get
      yield* TestClock.adjust("19 minutes")
      yield* sessions.used(token, Duration.toMillis("19 minutes"))
      yield* sessions.used(token, Duration.toMillis("3 minutes"))
      yield* TestClock.setTime(Duration.toMillis("39 minutes") - 1)
      yield* get
      assert.strictEqual(yield* logins, 1)
      yield* TestClock.adjust(1)
      yield* get
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )

  it.effect("does nothing for a session that is not the current one", () =>
    Effect.gen(function* () {
      const sessions = yield* source
      yield* get
      yield* TestClock.adjust("19 minutes")
      yield* sessions.used(new SessionToken({ secret: Redacted.make("another") }), Duration.toMillis("19 minutes"))
      yield* TestClock.adjust("1 minutes")
      yield* get
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )
})

describe("relogin", () => {
  const times = (relogin: Options["relogin"], idleTimeout?: Options["idleTimeout"]) =>
    Effect.provide(pipeline.layer(idleTimeout === undefined ? { relogin } : { idleTimeout, relogin }))

  it.effect("logs in when the session has idled out, counted from its last use", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("19 minutes")
      yield* use
      yield* TestClock.adjust("40 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 39, 59])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("leaves the next caller nothing to wait for", () =>
    Effect.gen(function* () {
      yield* get
      yield* TestClock.adjust("21 minutes")
      yield* fails(ThingSpaceEmulator.hang, paths.login)
      yield* get
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  const limited: ReadonlyArray<readonly [string, NonNullable<Options["relogin"]>]> = [
    ["recurs(3)", Schedule.recurs(3)],
    ["onIdleExpiry and recurs(3)", Schedule.intersect(SessionSource.onIdleExpiry, Schedule.recurs(3))],
    ["recurs(3) and onIdleExpiry", Schedule.intersect(Schedule.recurs(3), SessionSource.onIdleExpiry)]
  ]
  it.effect.each(limited)("follows %s: three logins in a silence, then none until the next call", ([, relogin]) =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("138 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 40, 60])
      yield* use
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 40, 60, 138, 158, 178, 198])
    }).pipe(times(relogin))
  )

  it.effect("starts anew at a use in the middle of a silence", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("50 minutes")
      yield* use
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 40, 70, 90, 110])
    }).pipe(times(Schedule.recurs(3)))
  )

  it.effect("starts anew at a use in the very moment of one of its logins", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("20 minutes")
      yield* use
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 40])
    }).pipe(times(Schedule.recurs(1)))
  )

  it.effect("starts anew at a use after it had ended", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("30 minutes")
      yield* use
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 50])
    }).pipe(times(Schedule.recurs(1)))
  )

  it.effect("starts anew at two uses in one turn after it had ended", () =>
    Effect.gen(function* () {
      const sessions = yield* source
      yield* use
      yield* TestClock.adjust("30 minutes")
      const token = yield* sessions.get
      const now = Duration.toMillis("30 minutes")
      yield* Effect.zipRight(sessions.used(token, now), sessions.used(token, now))
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 50])
    }).pipe(times(Schedule.recurs(1)))
  )

  it.effect("starts anew at a use while the schedule is at its last step", () => {
    const steps: Array<Effect.Effect<void>> = []
    const busy = Schedule.tapInput(Schedule.recurs(1), () => Effect.suspend(() => steps.shift() ?? Effect.void))
    return Effect.gen(function* () {
      const sessions = yield* source
      yield* get
      yield* settle
      steps.push(Effect.sleep("1 seconds"))
      yield* TestClock.adjust("20 minutes")
      const token = yield* sessions.get
      yield* sessions.used(token, Duration.toMillis("20 minutes"))
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 40])
    }).pipe(times(busy))
  })

  it.effect("does not start anew at a use that is older than one it knows of", () =>
    Effect.gen(function* () {
      const sessions = yield* source
      yield* use
      yield* TestClock.adjust("30 minutes")
      yield* sessions.used(yield* sessions.get, Duration.toMillis("10 minutes"))
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20])
    }).pipe(times(Schedule.recurs(1)))
  )

  it.effect("never logs in with Schedule.stop", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("10 minutes")
      yield* use
      yield* TestClock.adjust("10 hours")
      assert.deepStrictEqual(yield* loginTimes, [0])
    }).pipe(times(Schedule.stop))
  )

  it.effect("logs in once per idle time with Schedule.forever", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("5 minutes")
      yield* use
      yield* TestClock.adjust("100 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 25, 45, 65, 85, 105])
    }).pipe(times(Schedule.forever))
  )

  it.effect("waits longer where the schedule says so, from the beginning of the silence", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("10 minutes")
      yield* use
      yield* TestClock.adjust("8 hours")
      assert.deepStrictEqual(yield* loginTimes, [0, 70, 190, 430])
    }).pipe(times(Schedule.exponential("1 hours")))
  )

  it.effect("follows a schedule's short delays anew after a use that comes during a long one", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("200 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 60, 180])
      yield* use
      yield* TestClock.adjust("10 minutes")
      yield* use
      yield* TestClock.adjust("70 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 60, 180, 200, 270])
    }).pipe(times(Schedule.exponential("1 hours")))
  )

  it.effect("follows a schedule's short delays anew after a use of a session that it keeps", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("190 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 60, 180])
      yield* use
      yield* TestClock.adjust("70 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 60, 180, 250])
    }).pipe(times(Schedule.exponential("1 hours")))
  )

  it.effect("ends a silence's logins after a time, counted from its beginning", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("10 minutes")
      yield* use
      yield* TestClock.adjust("5 hours")
      assert.deepStrictEqual(yield* loginTimes, [0, 30, 50, 70])
      yield* use
      yield* TestClock.adjust("5 hours")
      assert.deepStrictEqual(yield* loginTimes, [0, 30, 50, 70, 310, 330, 350, 370])
    }).pipe(times(Schedule.upTo(SessionSource.onIdleExpiry, "45 minutes")))
  )

  it.effect("is fed the idle time of the session", () => {
    const fed: Array<number> = []
    const listening = Schedule.tapInput(SessionSource.onIdleExpiry, (left: Duration.Duration) =>
      Effect.sync(() => fed.push(Duration.toMillis(left)))
    )
    return Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("15 minutes")
      assert.deepStrictEqual([...new Set(fed)], [300_000])
      assert.deepStrictEqual(yield* loginTimes, [0, 5, 10, 15])
    }).pipe(times(listening, "5 minutes"))
  })

  it.effect("survives a schedule that fails, with one warning", () => {
    const log = logging()
    const broken = Schedule.tapInput(SessionSource.onIdleExpiry, () => Effect.die("broken"))
    return Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("1 hours")
      yield* use
      assert.deepStrictEqual(yield* loginTimes, [0, 60])
    }).pipe(Effect.provide(Layer.provideMerge(pipeline.layer({ relogin: broken }), log.layer)))
  })

  it.effect("goes cold after a login that fails, with one warning, until the next request", () => {
    const log = logging()
    return Effect.gen(function* () {
      yield* use
      yield* fails(ThingSpaceEmulator.answer(503), paths.login)
      yield* TestClock.adjust("5 hours")
      assert.deepStrictEqual(yield* loginTimes, [0, 20])
      assert.lengthOf(
        log.at("WARN").filter((text) => text.includes("idled out")),
        1
      )
      yield* use
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 300, 320])
    }).pipe(Effect.provide(Layer.provideMerge(pipeline.layer(), log.layer)))
  })

  it.effect("does not wake a session that was ended by a logout", () =>
    Effect.gen(function* () {
      yield* use
      yield* logout
      yield* TestClock.adjust("5 hours")
      assert.deepStrictEqual(yield* loginTimes, [0])
      yield* use
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 300, 320])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("does not wake a session that was refused, and takes up the one after it", () =>
    Effect.gen(function* () {
      yield* Effect.flatMap(get, invalidate)
      yield* TestClock.adjust("10 minutes")
      yield* use
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 10, 30])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is let be by a caller who logs in at the same moment", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust(Duration.toMillis("20 minutes") - 1)
      const caller = yield* Effect.fork(Effect.zipRight(Effect.sleep(1), use))
      yield* TestClock.adjust(1)
      yield* Fiber.join(caller)
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 20, 40])
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("takes an idle timeout without an end for a year, and does not spin", () => {
    let steps = 0
    const counting = Schedule.tapInput(SessionSource.onIdleExpiry, () => Effect.sync(() => (steps += 1)))
    return Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("364 days")
      yield* use
      yield* settle
      assert.deepStrictEqual(yield* loginTimes, [0])
      assert.isAtMost(steps, 2)
    }).pipe(times(counting, Duration.infinity))
  })

  it.effect("takes an idle timeout of nothing for one second", () =>
    Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("3 seconds")
      assert.strictEqual(yield* logins, 4)
    }).pipe(times(SessionSource.onIdleExpiry, 0))
  )
})

describe("logout", () => {
  it.effect("ends the session at the platform, and the next caller logs in", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const first = yield* secret
      yield* logout
      assert.deepStrictEqual(yield* emulator.liveSessions, [])
      assert.notStrictEqual(yield* secret, first)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("succeeds where the session is over already", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* get
      yield* emulator.endSessions
      yield* logout
      assert.lengthOf(yield* received(paths.logout), 1)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("sends nothing where there is no session", () =>
    Effect.gen(function* () {
      yield* logout
      yield* get
      yield* logout
      yield* logout
      assert.lengthOf(yield* received(paths.logout), 1)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("forgets the session also where the call fails", () =>
    Effect.gen(function* () {
      const first = yield* secret
      yield* fails(ThingSpaceEmulator.answer(503), paths.logout)
      assert.strictEqual(reason(yield* Effect.flip(logout)), "EndpointError StatusCode")
      assert.notStrictEqual(yield* secret, first)
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("renews a refused token once", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* get
      yield* emulator.revokeAll
      yield* logout
      assert.deepStrictEqual(yield* emulator.liveSessions, [])
      assert.deepStrictEqual(yield* cost, { tokens: 2, logins: 1 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("waits for the login that is under way, and ends its session", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const caller = yield* Effect.fork(get)
      yield* settle
      const leaving = yield* Effect.fork(logout)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.join(caller)
      yield* Fiber.join(leaving)
      assert.deepStrictEqual(yield* emulator.liveSessions, [])
    }).pipe(Effect.provide(pipeline.layer({}, { requestLatency: (_, path) => (path === paths.login ? 1000 : 0) })))
  )
})

describe("a wrong password", () => {
  it.effect("is sent once in a thousand calls over a minute", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      for (let n = 0; n < 10; n++) {
        const errors = yield* many(100, Effect.flip(get))
        seen.push(...errors.map(reason))
        yield* TestClock.adjust("6 seconds")
      }
      assert.lengthOf(seen, 1000)
      assert.deepStrictEqual([...new Set(seen)], ["SessionError", "LoginBlocked Refused"])
      assert.strictEqual(yield* logins, 1)
    }).pipe(Effect.provide(pipeline.layer({ password: Redacted.make("wrong") })))
  )

  it.effect("is sent again after a reset", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const guard = yield* LoginGuard.LoginGuard
      yield* Effect.flip(get)
      yield* emulator.changePassword(ThingSpaceEmulator.defaults.username, "not yet right")
      assert.strictEqual(reason(yield* Effect.flip(get)), "LoginBlocked Refused")
      yield* guard.reset(pipeline.credentials)
      yield* get
      assert.strictEqual(yield* logins, 2)
    }).pipe(Effect.provide(pipeline.layer({ password: Redacted.make("not yet right") })))
  )
})

describe("when the layer closes", () => {
  const closing = <A>(
    layer: Layer.Layer<A>,
    body: Effect.Effect<void, AuthError, A>,
    after: Effect.Effect<void, AuthError, A>
  ) =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const platform = yield* Layer.buildWithScope(layer, scope)
      yield* Effect.provide(body, platform)
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* settle
      const atOnce = yield* Fiber.poll(closing)
      yield* TestClock.adjust("2 seconds")
      yield* Fiber.join(closing)
      yield* Effect.provide(after, platform)
      return Option.isSome(atOnce)
    })

  const logouts = (expected: number) =>
    Effect.flatMap(received(paths.logout), (all) => Effect.sync(() => assert.lengthOf(all, expected)))

  it.effect("the session goes on", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* closing(pipeline.layer(), Effect.asVoid(get), logouts(0)))
    })
  )

  it.effect("the session is logged out where logoutOnClose asks for it", () =>
    Effect.gen(function* () {
      assert.isTrue(yield* closing(pipeline.layer({ logoutOnClose: true }), Effect.asVoid(get), logouts(1)))
    })
  )

  it.effect("logoutOnClose sends nothing where there is no session", () =>
    Effect.gen(function* () {
      const after = Effect.zipRight(
        logouts(0),
        Effect.map(cost, (all) => assert.deepStrictEqual(all, { tokens: 0, logins: 0 }))
      )
      assert.isTrue(yield* closing(pipeline.layer({ logoutOnClose: true }), Effect.void, after))
    })
  )

  it.effect("logoutOnClose takes two seconds at most", () =>
    Effect.gen(function* () {
      const body = Effect.zipRight(get, fails(ThingSpaceEmulator.hang, paths.logout))
      assert.isFalse(yield* closing(pipeline.layer({ logoutOnClose: true }), body, logouts(1)))
    })
  )

  it.effect("logoutOnClose does not fail where the logout does", () =>
    Effect.gen(function* () {
      const body = Effect.zipRight(get, fails(ThingSpaceEmulator.answer(503), paths.logout))
      assert.isTrue(yield* closing(pipeline.layer({ logoutOnClose: true }), body, logouts(1)))
    })
  )

  it.effect("no login takes the place of the session that logoutOnClose is ending", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(
        pipeline.layer(
          { logoutOnClose: true },
          { responseLatency: (_, path) => (path === paths.logout ? "1 seconds" : 0) }
        ),
        scope
      )
      yield* Effect.gen(function* () {
        yield* get
        const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
        yield* settle
        assert.strictEqual(reason(yield* Effect.flip(get)), "EndpointError NotSent")
        yield* TestClock.adjust("1 seconds")
        yield* Fiber.join(closing)
        assert.strictEqual(yield* logins, 1)
      }).pipe(Effect.provide(context))
    })
  )

  it.effect("a stuck login ends at once, without a wait for logoutOnClose", () =>
    Effect.gen(function* () {
      const body = Effect.gen(function* () {
        yield* fails(ThingSpaceEmulator.hang, paths.login)
        yield* Effect.fork(get)
        yield* settle
      })
      assert.isTrue(yield* closing(pipeline.layer({ logoutOnClose: true }), body, logouts(0)))
    })
  )

  it.effect("a stuck login ends at once also where the layer was built in an uninterruptible region", () =>
    Effect.uninterruptible(
      Effect.gen(function* () {
        const body = Effect.gen(function* () {
          yield* fails(ThingSpaceEmulator.hang, paths.login)
          yield* Effect.fork(get)
          yield* settle
        })
        assert.isTrue(yield* closing(pipeline.layer(), body, logouts(0)))
      })
    )
  )

  it.effect("a login that the schedule makes ends without a warning that it failed", () => {
    const log = logging()
    const body = Effect.gen(function* () {
      yield* get
      yield* fails(ThingSpaceEmulator.hang, paths.login)
      yield* TestClock.adjust("20 minutes")
    })
    return Effect.gen(function* () {
      assert.isTrue(yield* closing(Layer.provide(pipeline.layer(), log.layer), body, Effect.void))
      assert.deepStrictEqual(
        log.at("WARN").filter((text) => text.includes("idled out")),
        []
      )
    })
  })
})

describe("layerStatic", () => {
  it.effect("hands out the one session, whatever is said of it", () =>
    Effect.gen(function* () {
      const token = yield* get
      yield* invalidate(token)
      yield* logout
      assert.strictEqual(yield* secret, "of the simulator")
    }).pipe(Effect.provide(SessionSource.layerStatic(Redacted.make("of the simulator"))))
  )

  it.effect("refuses a value that no header can carry", () =>
    Effect.gen(function* () {
      assert.strictEqual(reason(yield* Effect.flip(get)), "EndpointError NotSent")
    }).pipe(Effect.provide(SessionSource.layerStatic(Redacted.make("a\nb"))))
  )
})

describe("logs", () => {
  it.effect("name sessions by their fingerprint and hold no secret, at every level", () => {
    const log = logging()
    return Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const first = yield* get
      yield* invalidate(first)
      const second = yield* get
      yield* emulator.endSessions
      yield* logout
      const tokens = yield* TokenSource.TokenSource
      const access = yield* tokens.get
      const text = log.lines.map((line) => line.text).join("\n")
      assert.include(log.at("WARN").join("\n"), fingerprint(first))
      assert.include(log.at("DEBUG").join("\n"), fingerprint(second))
      for (const { secret } of [first, second, access]) assert.notInclude(text, Redacted.value(secret))
      assert.notInclude(text, ThingSpaceEmulator.defaults.password)
      assert.notInclude(text, ThingSpaceEmulator.defaults.appSecret)
    }).pipe(Effect.provide(Layer.provideMerge(pipeline.layer(), log.layer)))
  })
})

describe("a schedule that depends on the time", () => {
  it.effect("is asked again at the silence after the one it had nothing to say of", () => {
    const open = Schedule.recurWhileEffect(() =>
      Effect.clockWith((clock) => Effect.map(clock.currentTimeMillis, (now) => now > 5 * 60_000))
    )
    return Effect.gen(function* () {
      yield* use
      yield* TestClock.adjust("6 minutes")
      yield* use
      yield* TestClock.adjust("10 minutes")
      yield* use
      yield* TestClock.adjust("20 minutes")
      assert.deepStrictEqual(yield* loginTimes, [0, 36])
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.intersect(SessionSource.onIdleExpiry, open) })))
  })
})

describe("a schedule that dies", () => {
  it.effect("warns once, and leaves the logins to the requests", () => {
    const logged = logging()
    const dying = Schedule.recurWhileEffect(() => Effect.die("a bug in the schedule"))
    return Effect.gen(function* () {
      for (let n = 0; n < 10; n++) {
        yield* use
        yield* TestClock.adjust("1 minute")
      }
      yield* TestClock.adjust("1 hour")
      yield* use
      yield* settle
      assert.lengthOf(logged.at("WARN"), 1)
      assert.lengthOf(yield* received(paths.login), 2)
    }).pipe(Effect.provide(Layer.provideMerge(pipeline.layer({ relogin: dying }), logged.layer)))
  })
})

describe("unsafePeek", () => {
  it.effect("shows the session until it has idled out, and until it is refused", () =>
    Effect.gen(function* () {
      const sessions = yield* source
      assert.isUndefined(sessions.unsafePeek?.(0))
      const token = yield* get
      const idle = Duration.toMillis("20 minutes")
      assert.strictEqual(sessions.unsafePeek?.(idle - 1), token)
      assert.isUndefined(sessions.unsafePeek?.(idle))
      assert.isTrue(sessions.isCurrent?.(token))
      yield* invalidate(token)
      assert.isUndefined(sessions.unsafePeek?.(0))
      assert.isFalse(sessions.isCurrent?.(token))
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("shows a static session, unless no header can carry it", () =>
    Effect.gen(function* () {
      const sourceOf = (text: string) => Effect.provide(source, SessionSource.layerStatic(Redacted.make(text)))
      const sessions = yield* sourceOf("of the simulator")
      assert.strictEqual(sessions.unsafePeek?.(0), yield* sessions.get)
      assert.isUndefined((yield* sourceOf("a\nb")).unsafePeek?.(0))
    })
  )
})

describe("unsafeUsed", () => {
  it.effect("counts as used does, without an effect", () =>
    Effect.gen(function* () {
      const sessions = yield* source
      const token = yield* get
      yield* TestClock.adjust("19 minutes")
      sessions.unsafeUsed?.(token, Duration.toMillis("19 minutes"))
      assert.strictEqual(sessions.unsafePeek?.(Duration.toMillis("39 minutes") - 1), token)
      assert.isUndefined(sessions.unsafePeek?.(Duration.toMillis("39 minutes")))
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )
})

describe("a source that somebody wraps", () => {
  const other = new SessionToken({ secret: Redacted.make("of the wrapper") })
  const wrappers: ReadonlyArray<
    readonly [how: string, wrap: (sessions: SessionSource.Service) => SessionSource.Service]
  > = [
    ["by a spread", (sessions) => ({ ...sessions, get: Effect.succeed(other) })],
    ["by inheritance", (sessions) => Object.create(sessions, { get: { value: Effect.succeed(other) } })]
  ]
  it.effect.each(wrappers)("%s is asked through its own methods", ([, wrap]) =>
    Effect.gen(function* () {
      const sessions = yield* source
      yield* sessions.get
      const wrapped = wrap(sessions)
      assert.isUndefined(wrapped.unsafePeek?.(0))
      assert.isTrue(wrapped.isCurrent?.(other) ?? true)
      const { client, sent } = recorder.make(recorder.answering(200))
      const tokens = yield* TokenSource.TokenSource
      yield* ThingSpaceHttpClient.withSession(client, { tokens, sessions: wrapped }).get("/api/m2m/v1/accounts")
      assert.deepStrictEqual(
        sent.map(({ headers }) => headers["vz-m2m-token"]),
        ["of the wrapper"]
      )
    }).pipe(Effect.provide(pipeline.layer()))
  )
})

describe("relogin and timers", () => {
  /** Runs a program under a clock that counts its timers: those that were called off do not count. */
  const counting = (
    relogin: Options["relogin"],
    program: (
      armed: Effect.Effect<number>
    ) => Effect.Effect<void, AuthError, ThingSpaceHttpClient.Services | ThingSpaceEmulator.ThingSpaceEmulator>
  ) =>
    Effect.clockWith((clock) => {
      let count = 0
      const add = (change: number) =>
        Effect.sync(() => {
          count += change
        })
      const sleep = (duration: Duration.Duration) =>
        Effect.acquireUseRelease(
          add(1),
          () => clock.sleep(duration),
          () => add(-1)
        )
      const counted: Clock.Clock = Object.assign(Object.create(clock), { sleep })
      const armed = Effect.zipRight(
        settle,
        Effect.sync(() => count)
      )
      return program(armed).pipe(Effect.provide(pipeline.layer({ relogin })), Effect.withClock(counted))
    })

  const quiet: ReadonlyArray<readonly [string, NonNullable<Options["relogin"]>]> = [
    ["Schedule.stop", Schedule.stop],
    ["a schedule of no recurrence", Schedule.recurs(0)]
  ]
  it.effect.each(quiet)("%s leaves no timer behind, so that a process that has finished ends", ([, relogin]) =>
    counting(relogin, (armed) =>
      Effect.gen(function* () {
        yield* use
        assert.strictEqual(yield* armed, 0)
        yield* TestClock.adjust("10 minutes")
        yield* use
        assert.strictEqual(yield* armed, 0)
      })
    )
  )

  it.effect("the default has one, for the next login", () =>
    counting(undefined, (armed) =>
      Effect.gen(function* () {
        yield* use
        assert.strictEqual(yield* armed, 1)
      })
    )
  )

  it.effect("a silence whose logins are over leaves none", () =>
    counting(Schedule.recurs(1), (armed) =>
      Effect.gen(function* () {
        yield* use
        yield* TestClock.adjust("20 minutes")
        assert.strictEqual(yield* logins, 2)
        assert.strictEqual(yield* armed, 0)
      })
    )
  )

  it.effect("a schedule that has nothing to say is asked once a minute, however often the session is used", () => {
    let steps = 0
    const counting = Schedule.tapInput(Schedule.stop, () => Effect.sync(() => (steps += 1)))
    return Effect.gen(function* () {
      for (let second = 0; second < 120; second++) {
        yield* use
        yield* TestClock.adjust("1 seconds")
      }
      assert.isAtMost(steps, 3)
      assert.isAtLeast(steps, 2)
    }).pipe(Effect.provide(pipeline.layer({ relogin: counting })))
  })
})

describe("a login that is answered after its deadline", () => {
  const slow = (relogin: NonNullable<Options["relogin"]>) =>
    pipeline.layer({ relogin }, { responseLatency: (_, path) => (path === paths.login ? "15 seconds" : 0) })

  it.effect("fails those who wait, and its session serves the next", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const caller = yield* Effect.fork(Effect.flip(get))
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(reason(yield* Fiber.join(caller)), "EndpointError Timeout")
      yield* TestClock.adjust("5 seconds")
      assert.deepStrictEqual(yield* emulator.liveSessions, [yield* secret])
      assert.strictEqual(yield* logins, 1)
    }).pipe(Effect.provide(slow(Schedule.stop)))
  )

  it.effect("has its session idle from before it was sent, and logged in anew by the schedule", () =>
    Effect.gen(function* () {
      yield* Effect.fork(Effect.ignore(get))
      yield* TestClock.adjust("15 seconds")
      yield* TestClock.adjust("1185 seconds")
      assert.deepStrictEqual(yield* loginTimes, [0, 20])
    }).pipe(Effect.provide(slow(SessionSource.onIdleExpiry)))
  )

  it.effect("is not followed by another if the answer comes while that is prepared", () =>
    Effect.gen(function* () {
      yield* Effect.fork(Effect.ignore(get))
      yield* TestClock.adjust("13 seconds")
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const caller = yield* Effect.fork(secret)
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* emulator.liveSessions, [yield* Fiber.join(caller)])
      assert.strictEqual(yield* logins, 1)
    }).pipe(
      Effect.provide(
        pipeline.layer(
          { relogin: Schedule.stop },
          {
            responseLatency: (_, path) =>
              path === paths.login ? "15 seconds" : path === paths.logout ? "5 seconds" : 0
          }
        )
      )
    )
  )

  it.effect("latches if the answer is a refusal", () =>
    Effect.gen(function* () {
      yield* Effect.fork(Effect.ignore(get))
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual(reason(yield* Effect.flip(get)), "LoginBlocked Refused")
      assert.strictEqual(yield* logins, 1)
    }).pipe(
      Effect.provide(
        pipeline.layer(
          { password: Redacted.make("wrong") },
          { responseLatency: (_, path) => (path === paths.login ? "15 seconds" : 0) }
        )
      )
    )
  )
})

describe("a login that waits for its access token", () => {
  it.effect("counts as none if it is interrupted meanwhile", () =>
    Effect.gen(function* () {
      const built = Effect.provide(get, Layer.orDie(ThingSpaceHttpClient.layer(pipeline.credentials)))
      yield* fails(ThingSpaceEmulator.hang, paths.token)
      const first = yield* Effect.fork(built)
      yield* TestClock.adjust("1 seconds")
      yield* Fiber.interrupt(first)
      yield* built
      assert.strictEqual(yield* logins, 1)
    }).pipe(Effect.provide(ThingSpaceEmulator.layer()))
  )
})

describe("after an uncertain login", () => {
  const uncertain = Effect.gen(function* () {
    yield* fails(ThingSpaceEmulator.answer(503), paths.login)
    yield* Effect.flip(get)
    yield* TestClock.adjust("2 seconds")
  })
  const probes = Effect.map(received(paths.logout), (all) => all.length)

  it.effect("the session service is asked before the next, which goes out once it answers as itself", () =>
    Effect.gen(function* () {
      yield* uncertain
      yield* fails(ThingSpaceEmulator.answer(503), paths.logout)
      yield* Effect.flip(get)
      assert.deepStrictEqual([yield* probes, yield* logins], [1, 1])
      yield* TestClock.adjust("1 seconds")
      yield* get
      assert.deepStrictEqual([yield* probes, yield* logins], [2, 2])
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop })))
  )

  it.effect("the service is not asked if the program forbids it", () =>
    Effect.gen(function* () {
      yield* uncertain
      yield* get
      assert.deepStrictEqual([yield* probes, yield* logins], [0, 2])
    }).pipe(Effect.provide(pipeline.layer({ relogin: Schedule.stop, probe: false })))
  )
})

describe("a login whose fiber the runtime drops", () => {
  it.effect("costs those who wait its deadline, and is followed by another only after the probe", () =>
    Effect.gen(function* () {
      let sent = 0
      let asked = 0
      const client = Layer.succeed(SessionClient.SessionClient, {
        login: () =>
          Effect.suspend(() => {
            sent += 1
            return Effect.uninterruptible(Effect.never)
          }),
        logout: () => Effect.sync(() => void ++asked),
        resetPassword: () => Effect.never
      })
      // Not closed: closing waits for the fiber for two seconds.
      const context = yield* SessionSource.layer().pipe(
        Layer.provide([client, LoginGuard.layer, TokenSource.layerStatic(Redacted.make("a static token"))]),
        Layer.provide(Credentials.layerUws(pipeline.credentials)),
        Layer.buildWithScope(yield* Scope.make())
      )
      yield* Effect.gen(function* () {
        const callers = yield* Effect.fork(many(10, Effect.flip(get)))
        yield* TestClock.adjust("59999 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(callers)))
        yield* TestClock.adjust("1 millis")
        assert.deepStrictEqual([...new Set((yield* Fiber.join(callers)).map(reason))], ["EndpointError Timeout"])
        assert.deepStrictEqual([sent, asked], [1, 0])
        const next = yield* Effect.fork(Effect.flip(get))
        yield* TestClock.adjust("60 seconds")
        yield* Fiber.join(next)
        assert.deepStrictEqual([sent, asked], [2, 1])
      }).pipe(Effect.provide(context))
    })
  )
})
