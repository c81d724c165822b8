import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Exit from "effect/Exit"
import * as Random from "effect/Random"
import { type AuthError, LoginBlocked } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { monotonicMillis, withRetryAfter } from "../endpoint/pause.js"
import type { Ledger, Ledgers } from "./ledger.js"
import * as loginOutcome from "./outcome.js"
import * as loginRecord from "./record.js"

/**
 * One login of a user, who has been read.
 *
 * @internal
 */
export interface Login<A> {
  readonly user: Uws
  readonly send: (late: (exit: Exit.Exit<A, AuthError>) => Effect.Effect<void>) => Effect.Effect<A, AuthError>
  readonly probe: Effect.Effect<boolean, AuthError> | undefined
  readonly prepare: Effect.Effect<unknown, AuthError> | undefined
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

/** What holds a login back, in the words of its caller. */
const heldBack = (
  record: loginRecord.LoginRecord,
  verdict: Exclude<loginRecord.Verdict, { readonly _tag: "Open" }>
): Effect.Effect<never, AuthError> =>
  Effect.gen(function* () {
    const now = yield* monotonicMillis
    const retryAfter = verdict._tag === "Paused" ? Duration.millis(Math.max(1, verdict.until - now)) : undefined
    if (verdict._tag === "Paused" && verdict.failure !== undefined && retryAfter !== undefined) {
      return yield* withRetryAfter(verdict.failure, retryAfter)
    }
    return yield* new LoginBlocked({
      reason: verdict._tag === "Blocked" ? "Refused" : "Uncertain",
      attempts: Math.max(1, record.strikes.length),
      since: yield* dateOf(Math.max(...[...record.strikes, ...record.passwords].map(({ at }) => at))),
      retryAfter
    })
  })

/** Asks whether the session service answers, which it must before another login follows an uncertain one. */
const askFirst = ({ read, write }: Ledger, probe: Effect.Effect<boolean, AuthError>): Effect.Effect<void, AuthError> =>
  Effect.gen(function* () {
    const began = yield* monotonicMillis
    yield* write(loginRecord.probing(yield* read, yield* Random.next, began))
    const answer = yield* Effect.either(probe)
    if (Either.isLeft(answer) && loginOutcome.isElsewhere(answer.left)) return yield* answer.left
    if (Either.isRight(answer) && answer.right) return
    const now = yield* monotonicMillis
    const record = loginRecord.unanswered(yield* read, now - began)
    yield* write(record)
    const verdict = loginRecord.judge(record, [], now)
    if (verdict._tag !== "Open") return yield* heldBack(record, verdict)
  })

const warn = (outcome: loginOutcome.Outcome): Effect.Effect<void> => {
  switch (outcome._tag) {
    case "Refused":
      return Effect.logWarning("The platform refused the username or password; they will not be sent again")
    case "Uncertain":
      return Effect.logWarning("A login ended without a clear answer; the next one waits")
    default:
      return Effect.void
  }
}

/** The same strike has the same in every process. */
const newId = (): string => crypto.getRandomValues(new Uint32Array(1)).join("")

/**
 * Sends a login if that is safe, and notes what comes of it.
 *
 * @internal
 */
export const make =
  (ledgers: Ledgers) =>
  <A>({ prepare = Effect.void, probe, send, user }: Login<A>): Effect.Effect<A, AuthError> =>
    ledgers.exclusively(user, (ledger) =>
      Effect.gen(function* () {
        const { announce, marks, read, write } = ledger
        const record = yield* read
        const verdict = loginRecord.judge(record, marks, yield* monotonicMillis)
        if (verdict._tag !== "Open") return yield* heldBack(record, verdict)
        if (verdict.follows === "Uncertain" && probe !== undefined) yield* askFirst(ledger, probe)
        yield* prepare

        const attempt: loginRecord.Attempt = { id: newId(), marks, at: yield* monotonicMillis }
        const late = (exit: Exit.Exit<A, AuthError>): Effect.Effect<void> =>
          ledgers.change(user.username, (known, now) =>
            loginRecord.settleLate(known, attempt, loginOutcome.of(exit), now)
          )
        const settle = (exit: Exit.Exit<A, AuthError>): Effect.Effect<void> =>
          Effect.gen(function* () {
            const outcome = loginOutcome.of(exit)
            yield* warn(outcome)
            // Read again: `reset` does not wait for the login that is under way.
            const now = yield* monotonicMillis
            yield* write(loginRecord.settle(yield* read, attempt, outcome, yield* Random.next, now))
          })
        return yield* Effect.uninterruptibleMask((restore) =>
          Effect.gen(function* () {
            yield* announce(loginRecord.begin(yield* read, attempt))
            // The answer to an earlier login may have come meanwhile.
            const now = yield* monotonicMillis
            const known = yield* read
            const others = loginRecord.settled(known)
            const final = loginRecord.judge(others, marks, now)
            if (final._tag === "Open") return yield* Effect.onExit(restore(send(late)), settle)
            yield* write(loginRecord.settle(known, attempt, { _tag: "NotTried" }, 0, now))
            return yield* heldBack(others, final)
          })
        )
      })
    )
