import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import { type AuthError, LoginBlocked } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { monotonicMillis, withRetryAfter } from "../endpoint/pause.js"
import { type Ledger, lost } from "./ledger.js"
import * as passwordMark from "./mark.js"
import type { Change } from "./memory.js"
import * as loginOutcome from "./outcome.js"
import * as loginRecord from "./record.js"

/** @internal */
export interface Options {
  /** Whether the session service answers, asked before a login that follows an uncertain one. */
  readonly probe?: Effect.Effect<boolean, AuthError> | undefined
  /** Gets what the login needs, before it counts. */
  readonly prepare?: Effect.Effect<unknown, AuthError> | undefined
}

/**
 * A time of the monotonic clock, by the wall clock.
 *
 * @internal
 */
export const dateOf = (at: number): Effect.Effect<DateTime.Utc> =>
  Effect.zipWith(Clock.currentTimeMillis, monotonicMillis, (wall, now) =>
    DateTime.unsafeMake(Math.round(wall - now + at))
  )

/** Fails if a login may not be sent now. */
const admitted = (record: loginRecord.LoginRecord, marks: ReadonlyArray<passwordMark.Mark>) =>
  Effect.gen(function* () {
    const now = yield* monotonicMillis
    const verdict = loginRecord.judge(record, marks, now)
    if (verdict._tag === "Open") return
    const retryAfter = verdict._tag === "Paused" ? Duration.millis(verdict.until - now) : undefined
    const failure = verdict._tag === "Paused" ? verdict.failure : undefined
    if (failure !== undefined && retryAfter !== undefined) return yield* withRetryAfter(failure, retryAfter)
    return yield* new LoginBlocked({
      reason: verdict._tag === "Blocked" ? "Refused" : "Uncertain",
      attempts: Math.max(1, record.strikes.length),
      since: yield* dateOf(Math.max(...[...record.strikes, ...record.passwords].map(({ at }) => at))),
      retryAfter
    })
  })

const warn = ({ _tag }: loginOutcome.Outcome): Effect.Effect<void> => {
  switch (_tag) {
    case "Refused":
      return Effect.logWarning("The platform refused the username or password; they will not be sent again")
    case "Uncertain":
      return Effect.logWarning("A login ended without a clear answer; the next one waits")
    default:
      return Effect.void
  }
}

/**
 * Sends a login if that is safe, and records what comes of it.
 *
 * @internal
 */
export const make =
  (ledger: Ledger, change: (username: string, f: Change) => Effect.Effect<loginRecord.LoginRecord>) =>
  <A>(
    user: Uws,
    login: (user: Uws, late: (exit: Exit.Exit<A, AuthError>) => Effect.Effect<void>) => Effect.Effect<A, AuthError>,
    { prepare = Effect.void, probe }: Options = {}
  ): Effect.Effect<A, AuthError> =>
    ledger.exclusively(user, (theirMarks, put) =>
      Effect.gen(function* () {
        const marks = [passwordMark.of(user.password), ...theirMarks]
        const note = (f: Change) => Effect.flatMap(change(user.username, f), put)
        const read = change(user.username, (record) => record)

        const random = yield* Random.next
        const before = yield* read
        yield* admitted(before, marks)
        if (probe !== undefined && before.strikes.at(-1)?.isRefusal === false) {
          const isAnswered = yield* Effect.onExit(probe, (exit) =>
            Exit.isSuccess(exit) && exit.value
              ? Effect.void
              : change(user.username, (record, now) => loginRecord.unanswered(record, random, now))
          )
          if (!isAnswered) yield* admitted(yield* read, marks)
        }
        yield* prepare

        const id = crypto.getRandomValues(new Uint32Array(1)).join("")
        const strike: loginRecord.Strike = { id, at: yield* monotonicMillis, isRefusal: false }
        const settle = (outcome: loginOutcome.Outcome) => (record: loginRecord.LoginRecord, now: number) =>
          loginRecord.settle(record, strike, marks, outcome, random, now)
        const withdraw = note(settle({ _tag: "NotTried" }))

        /** Only a clear answer changes the record, and no pause begins that late. */
        const late = (exit: Exit.Exit<A, AuthError>): Effect.Effect<void> => {
          const outcome = loginOutcome.of(exit)
          if (outcome._tag === "Uncertain") return Effect.void
          return warn(outcome).pipe(
            Effect.zipRight(
              change(user.username, settle(outcome._tag === "NotJudged" ? { _tag: "NotTried" } : outcome))
            ),
            Effect.zipRight(ledger.agree(user.username))
          )
        }
        let isSent = false
        const sent = Effect.suspend(() => {
          isSent = true
          return login(user, late)
        })
        return yield* Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            const isOurs = yield* note((record) => loginRecord.begin(record, strike))
            // An earlier login may have been answered since.
            const others = settle({ _tag: "NotTried" })(yield* read, strike.at)
            yield* Effect.onError(isOurs ? admitted(others, marks) : lost, () => withdraw)
            return yield* Effect.onExit(restore(sent), (exit) => {
              const outcome = loginOutcome.of(exit)
              return isSent ? Effect.zipRight(warn(outcome), note(settle(outcome))) : withdraw
            })
          })
        )
      })
    )
