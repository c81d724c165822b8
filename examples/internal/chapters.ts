/**
 * What happens in the life of a pipeline, chapter by chapter, on the emulated platform.
 */
import * as Console from "effect/Console"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Queue from "effect/Queue"
import * as Redacted from "effect/Redacted"
import { AccessToken, SessionSource, SessionToken, ThingSpaceEmulator, TokenSource } from "effect-thingspace-auth"
import { bold, green } from "../../bin/terminal.js"
import * as requests from "./requests.js"
import { type Location, locate, readAccount } from "./steps.js"
import * as Timeline from "./timeline.js"

const { account } = ThingSpaceEmulator.defaults
/** Longer than the hundred calls take on a slow machine. */
export const idleTimeout = "3 seconds"

const fingerprint = Effect.map(
  Effect.flatMap(SessionSource.SessionSource, ({ get }) => get),
  SessionToken.fingerprint
)

const whereabouts = ({ error, msid, pd }: Location) =>
  pd.x === undefined ? `${msid} unknown (${error.info})` : `${msid} at ${pd.x}, ${pd.y}`

export const manyCalls = Effect.gen(function* () {
  const { step } = yield* Timeline.Timeline

  yield* step({
    does: locate(account, ["7892345678", "7897654321"]),
    costs: { call: 1 },
    happened: (devices) => `Device locations: ${devices.map(whereabouts).join("; ")}`,
    means: "Another product, the same client. That a device is absent is an answer, and no failure."
  })
  yield* step({
    does: Effect.all(
      Array.from({ length: 100 }, () => locate(account, ["7892345678"])),
      { concurrency: "unbounded" }
    ),
    costs: { call: 100 },
    happened: (answers) => `${answers.length} calls at once, and ${answers.flat().length} devices located`,
    means: "They share the two credentials: not one of them costs a token or a login."
  })
})

export const silence = Effect.gen(function* () {
  const { note, step } = yield* Timeline.Timeline
  const { exchanges, subscribe } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const upcoming = yield* subscribe
  const before = yield* fingerprint
  const nextLogin = Queue.take(upcoming).pipe(
    Effect.repeat({ until: (exchange) => requests.kind(exchange) === "login" }),
    Effect.timeoutFail({
      duration: "5 seconds",
      onTimeout: () => new Timeline.Unexpected({ message: "The session idled out, and no login followed." })
    })
  )
  yield* note(`One call, then silence for ${idleTimeout} (in production: 20 minutes) ...`)
  yield* step({
    does: Effect.gen(function* () {
      yield* readAccount(account)
      const lastCall = (yield* exchanges).at(-1)?.at ?? 0
      const login = yield* nextLogin
      return { after: yield* fingerprint, seconds: (login.at - lastCall) / 1000 }
    }),
    costs: { call: 1, login: 1 },
    happened: ({ after, seconds }) =>
      `Logged in again after ${seconds.toFixed(1)} s of silence: session ${before} → ${after}`,
    means: "Nobody asked: a Schedule, SessionSource.onIdleExpiry, did it in the background. Compose it with your own."
  })
  yield* step({
    does: Effect.timed(readAccount(account)),
    costs: { call: 1 },
    happened: ([time]) => `The first call after the silence was answered in ${Duration.toMillis(time).toFixed(0)} ms`,
    means: "It did not wait for a login."
  })
})

export const healing = Effect.gen(function* () {
  const { step } = yield* Timeline.Timeline
  const { endSessions } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const tokens = yield* TokenSource.TokenSource
  const before = yield* fingerprint

  yield* endSessions
  yield* step({
    does: Effect.zipRight(readAccount(account), fingerprint),
    costs: { call: 2, login: 1 },
    happened: (after) => `A call met a dead session and succeeded all the same: session ${before} → ${after}`,
    means:
      "The session had been ended elsewhere. The pipeline recognised the refusal, logged in, and sent the call again."
  })

  const revoked = yield* tokens.get
  yield* step({
    does: tokens.revoke,
    costs: { revoke: 1 },
    happened: () => `Access token ${AccessToken.fingerprint(revoked)} revoked`,
    means: "It ends for every process with the same key, so the pipeline never revokes one unasked."
  })
  const fresh = yield* step({
    does: readAccount(account).pipe(Effect.zipRight(tokens.get)),
    costs: { token: 1, call: 1 },
    happened: (token) => `The next call fetched access token ${AccessToken.fingerprint(token)} first, and succeeded`,
    means: "The session outlives the access token with which it was opened: no login."
  })
  yield* Timeline.expect(
    Redacted.value(fresh.secret) !== Redacted.value(revoked.secret),
    "the revoked token is not reused"
  )
})

/** The layer has been closed. */
export const ended = Effect.gen(function* () {
  const { step } = yield* Timeline.Timeline
  const { liveSessions } = yield* ThingSpaceEmulator.ThingSpaceEmulator

  const sessions = yield* step({
    does: liveSessions,
    costs: { logout: 1 },
    happened: (sessions) =>
      `The program ended, its layer was closed, and logged out: ${sessions.length} sessions are left`,
    means: "Only with logoutOnClose, because other processes may use the same session."
  })
  yield* Timeline.expect(sessions.length === 0, "no session is left")
})

export const wrongPassword = Effect.gen(function* () {
  const { step } = yield* Timeline.Timeline

  yield* step({
    does: Effect.flip(readAccount(account)),
    costs: { token: 1, login: 1 },
    happened: (error) => `Another program, a wrong password: ${Timeline.describe(error)}`,
    means: "Tried once. Five refusals in a row lock a user, and only Verizon's support unlocks it."
  })
  const errors = yield* step({
    does: Effect.all(
      Array.from({ length: 10 }, () => Effect.flip(readAccount(account))),
      { concurrency: "unbounded" }
    ),
    costs: {},
    happened: (errors) => `${errors.length} more calls failed with ${errors[0]?._tag}: ${Timeline.describe(errors[0])}`,
    means: "Nothing was sent: a program that retries for ever does not lock its user."
  })
  yield* Timeline.expect(
    errors.every((error) => error._tag === "LoginBlocked"),
    "every further call fails with LoginBlocked"
  )
})

export const conclusion = Effect.gen(function* () {
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const all = yield* emulator.exchanges
  const locked = yield* emulator.lockedUsers
  yield* Timeline.expect(locked.length === 0, "no user is locked")

  const calls = all.filter((request) => requests.kind(request) === "call")
  const logins = all.filter((request) => requests.kind(request) === "login")
  const refused = logins.filter((request) => !requests.isOk(request))
  yield* Console.log(`${[bold("What the platform received"), ...requests.table(all)].join("\n  ")}\n`)
  const succeeded = calls.filter(requests.isOk).length
  const wrong = refused.length === 1 ? "once" : `${refused.length} times`
  yield* Console.log(
    green(
      `Proven: ${succeeded} calls succeeded on ${logins.length - refused.length} logins; a wrong password was sent ${wrong}, and no user is locked.`
    )
  )
})
