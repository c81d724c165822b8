/** Whole lives of a client let no secret out into logs, spans, metrics or errors. */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account, paths } from "../utils/pipeline.js"
import * as calls from "./calls.js"
import * as harness from "./harness.js"
import * as indiscreet from "./indiscreet.js"
import * as platform from "./platform.js"

const { hang, lostResponse, truncated } = ThingSpaceEmulator
const { ThingSpaceEmulator: Emulator } = ThingSpaceEmulator

const get = (path: string) => Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(path))

/** A request that is answered, whose response is printed. */
const served = harness.gets("response", get(account))

const fault = (fault: ThingSpaceEmulator.Fault, path: string, times = 1) =>
  Effect.flatMap(Emulator, ({ failNext }) => failNext(fault, { path, times }))

const almostAnHour = Duration.seconds(59.5 * 60)

const unauthorized = "/api/emulator/v1/unauthorized"

const wholeLife = Effect.gen(function* () {
  const emulator = yield* Emulator
  const tokens = yield* TokenSource.TokenSource
  const sessions = yield* SessionSource.SessionSource
  yield* served
  yield* emulator.endSessions
  yield* served
  yield* emulator.revokeAll
  yield* served
  yield* TestClock.adjust(almostAnHour)
  yield* served
  yield* TestClock.adjust("2 hours")
  yield* served
  yield* harness.gets("response", get("https://imp.thingspace.verizon.com/api/v1/devices"))
  yield* fault(lostResponse, account)
  yield* harness.fails("call", get(account))
  yield* sessions.logout
  yield* tokens.revoke
  yield* harness.gets("password", calls.resetPassword)
})

const retrying = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const patient = HttpClient.retryTransient(client, { times: 3 })
  yield* fault(ThingSpaceEmulator.answer(503), account, 2)
  yield* harness.gets("response", patient.get(account))
  yield* fault(lostResponse, account, 4)
  yield* harness.fails("call", patient.get(account))
  yield* fault(hang, account)
  yield* harness.fails("call", calls.inTime(Effect.timeout(patient.get(account), "5 seconds")))
})

const resending = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const emulator = yield* Emulator
  yield* served
  yield* emulator.revokeAll
  yield* emulator.endSessions
  yield* served
  yield* emulator.revokeAll
  const once = HttpClientRequest.post("/api/m2m/v1/echo").pipe(
    HttpClientRequest.setBody(HttpBody.stream(Stream.make(new TextEncoder().encode("once")), "text/plain"))
  )
  yield* harness.gets("response", client.execute(once))
  yield* TestClock.adjust("2 minutes")
  yield* served
  yield* emulator.revokeAll
  yield* fault(lostResponse, paths.token, 2)
  yield* harness.fails("call", client.get(account))
  yield* TestClock.adjust("2 minutes")
  yield* harness.gets("response", get(unauthorized))
})

const afterIdling = Effect.gen(function* () {
  yield* served
  yield* TestClock.adjust("25 minutes")
  yield* fault(lostResponse, paths.login)
  yield* TestClock.adjust("25 minutes")
  const emulator = yield* Emulator
  yield* served
  yield* emulator.changePassword(platform.username, "0th3r-Kf4Nb7Qs2Gz9Tj3")
  yield* TestClock.adjust("25 minutes")
  yield* harness.fails("call", get(account))
})

const inBackground = Effect.gen(function* () {
  yield* served
  yield* TestClock.adjust(almostAnHour)
  yield* fault(ThingSpaceEmulator.answer(500, { body: "{}" }), paths.token)
  yield* served
  yield* TestClock.adjust("1 second")
})

/** The layer is closed, or the caller leaves, while something is under way on the path. */
const leaving = (path: string) =>
  Effect.gen(function* () {
    yield* fault(hang, path, 2)
    const first = yield* Effect.fork(get(account))
    const second = yield* Effect.fork(harness.ends("second call", get(account)))
    yield* TestClock.adjust("1 second")
    yield* harness.holds("fiber", first)
    yield* Fiber.interrupt(first)
    yield* harness.ends("first call", Fiber.join(first))
    yield* Fiber.interrupt(second)
  })

const refusedTwice = Effect.gen(function* () {
  yield* Effect.forEach([1, 2, 3], () => harness.fails("call", get(account)), { concurrency: "unbounded" })
  const guard = yield* LoginGuard.LoginGuard
  yield* guard.reset(platform.user)
  yield* harness.fails("call", get(account))
})

interface Life extends platform.Setting {
  readonly run: Effect.Effect<unknown, unknown, platform.Services | harness.Watch>
}

const wrong = Redacted.make("Wr0ng-Kf4\"Nb7\\Qs2<Gz9>&Tj3'Uo5")

const lives: Readonly<Record<string, Life>> = {
  "acquiring, renewing, logging out, revoking and resetting a password": { run: wholeLife },
  "retrying on top of the client": { run: retrying },
  "sending refused requests again": { run: resending },
  "logging in again after idling, and failing to": { run: afterIdling },
  "failing to renew the token in the background": { run: inBackground },
  "being refused, alone and together": { run: refusedTwice, options: { password: wrong } },
  "leaving while a token is requested": { run: leaving(paths.token) },
  "leaving while a login is under way": { run: leaving(paths.login) },
  "leaving while a request is under way": { run: leaving(account) },
  "logging out at the end": { run: served, options: { logoutOnClose: true } },
  "failing to log out at the end": {
    run: served,
    options: { logoutOnClose: true },
    through: indiscreet.repeating(paths.logout, indiscreet.dialects["a UWS message"])
  },
  "logging out in vain at the end": {
    run: Effect.zipRight(served, fault(hang, paths.logout)),
    options: { logoutOnClose: true }
  },
  "losing answers half way": {
    run: Effect.gen(function* () {
      yield* fault(truncated, paths.login)
      yield* harness.fails("call", get(account))
      yield* TestClock.adjust("1 minute")
      yield* fault(truncated, account)
      yield* harness.fails(
        "reading",
        Effect.flatMap(get(account), (response) => response.text)
      )
    })
  },
  "keeping a session warm on a schedule": {
    run: Effect.zipRight(served, TestClock.adjust("2 hours")),
    options: { relogin: Schedule.intersect(SessionSource.onIdleExpiry, Schedule.recurs(3)) }
  }
}

describe("nothing shows a secret in a life of", () => {
  const all = Object.entries(lives).flatMap(([title, life]) => [
    [title, "sdk", life] as const,
    [title, "otlp", life] as const
  ])
  it.effect.each(all)("%s (%s)", ([, kit, { run, ...setting }]) =>
    harness.showsNothing(
      Effect.gen(function* () {
        const { mark } = yield* harness.Watch
        mark([{ name: "wrong password", secret: Redacted.value(wrong) }])
        yield* calls.inTime(Effect.provide(run, platform.pipeline(setting)))
      }),
      kit
    )
  )
})

describe("a login after idling that fails", () => {
  it.effect("is told in the log, whose lines were searched", () =>
    Effect.gen(function* () {
      const { outputs } = yield* harness.watch(Effect.provide(afterIdling, platform.pipeline()))
      const warnings = outputs.filter(({ source, text }) => source === "log logfmt" && text.includes("has idled out"))
      assert.isNotEmpty(warnings)
      assert.include(warnings.map(({ text }) => text).join(), "was refused with")
    })
  )
})
