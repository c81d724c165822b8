import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { Uses } from "./fastPath.js"
import type { Held } from "./held.js"
import type { LayerFibers } from "./layerFibers.js"

/**
 * Logs in when a session has idled out, for as long as a schedule says.
 *
 * The schedule describes one silence: the time after a use in which there is no other. It is stepped as of the moment
 * the silence began, and starts anew with the next silence.
 *
 * @internal
 */
export interface IdleRelogin {
  /** A login has brought this session. */
  readonly began: (held: Held<unknown>) => void
  /** A request has used the session; says from when the next use is to be told, in milliseconds of the clock. */
  readonly used: (held: Held<unknown>) => number
}

/** @internal */
export interface Options {
  readonly fibers: LayerFibers
  readonly schedule: Schedule.Schedule<unknown, Duration.Duration>
  readonly idleTimeout: Duration.Duration
  readonly uses: Uses
  readonly current: () => Held<unknown> | undefined
  readonly logIn: Effect.Effect<unknown, unknown>
  /** Has the log line name the user. */
  readonly naming: <A>(effect: Effect.Effect<A>) => Effect.Effect<A>
}

/** A timer of a longer time fires at once. */
const longestSleep = 2 ** 31 - 1

const sleepUntil = (time: number): Effect.Effect<void> =>
  Effect.clockWith((clock) => {
    const remaining = time - clock.unsafeCurrentTimeMillis()
    return remaining > 0
      ? Effect.zipRight(
          clock.sleep(Duration.millis(Math.min(remaining, longestSleep))),
          Effect.suspend(() => sleepUntil(time))
        )
      : Effect.void
  })

/** @internal */
export const make = ({ current, fibers, idleTimeout, logIn, naming, uses, ...options }: Options): IdleRelogin => {
  const idleMillis = Duration.toMillis(idleTimeout)
  let schedule = options.schedule
  let silenceAfterLogin = 0
  let watcher: Fiber.RuntimeFiber<void> | undefined
  /** How many logins the watcher has made in the silence that it watches. */
  let logins = 0
  let wakesAt = 0
  /** A schedule that has nothing to say of a silence is not asked about those that begin before this time. */
  let restsUntil = 0

  const tellNextUse = (): void => {
    uses.toldFrom = Number.NEGATIVE_INFINITY
  }

  const step = (held: Held<unknown>, state: unknown) =>
    Effect.tapDefect(schedule.step(held.expiresAt - idleMillis, idleTimeout, state), () =>
      Effect.sync(() => {
        schedule = Schedule.stop
      })
    )

  const watch = (first: Held<unknown>) =>
    Effect.gen(function* () {
      let watched = uses.silence
      let state: unknown = schedule.initial
      for (let held: Held<unknown> | undefined = first; held !== undefined; held = current()) {
        const [next, , decision] = yield* step(held, state)
        const isSilent = uses.silence === watched
        if (isSilent && ScheduleDecision.isDone(decision)) {
          restsUntil = logins > 0 ? 0 : held.expiresAt - idleMillis + Math.min(60_000, idleMillis / 4)
          return
        }
        if (isSilent && !ScheduleDecision.isDone(decision)) {
          wakesAt = Math.max(ScheduleIntervals.start(decision.intervals), held.expiresAt)
          tellNextUse()
          yield* sleepUntil(wakesAt)
        }
        if (uses.silence !== watched) {
          watched = uses.silence
          state = schedule.initial
          logins = 0
        } else if (current() !== undefined) {
          yield* logIn
          watched = silenceAfterLogin
          state = next
          logins += 1
        }
      }
    })

  const start = (held: Held<unknown>): void => {
    logins = 0
    watcher?.unsafeInterruptAsFork(FiberId.none)
    const fiber = fibers.fork(
      Effect.catchAllCause(watch(held), (cause) =>
        naming(
          Effect.logWarning("The session has idled out and could not be renewed; the next request tries again", cause)
        )
      )
    )
    watcher = fiber
    fiber?.addObserver(() => {
      if (watcher === fiber) watcher = undefined
      tellNextUse()
    })
  }

  /** Whether the watcher sleeps, by a later step of the schedule, past the time at which the new silence could end. */
  const oversleeps = (held: Held<unknown>): boolean => logins > 0 && wakesAt > held.expiresAt

  return {
    began: (held) => {
      uses.silence += 1
      silenceAfterLogin = uses.silence
      tellNextUse()
      if (watcher === undefined || oversleeps(held)) start(held)
    },
    used: (held) => {
      const isNeeded = watcher === undefined ? held.expiresAt - idleMillis >= restsUntil : oversleeps(held)
      if (isNeeded) start(held)
      return watcher === undefined ? restsUntil : Number.POSITIVE_INFINITY
    }
  }
}
