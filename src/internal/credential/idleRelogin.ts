import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import type * as Schedule from "effect/Schedule"
import * as ScheduleDecision from "effect/ScheduleDecision"
import * as ScheduleIntervals from "effect/ScheduleIntervals"
import type { Background } from "./layerFibers.js"
import type { Held } from "./state.js"

/**
 * Logs in again when a session has idled out, for as long as a schedule says.
 *
 * The schedule describes one silence: the time in which no request is made. It is stepped as of the moment the silence
 * began, and starts anew when a request ends it.
 *
 * @internal
 */
export interface IdleKeeper<T> {
  /** A login has brought this session. */
  readonly begin: (held: Held<T>) => void
  /** A request has used it. Called at every request, so it does next to nothing while the silence is known to be over. */
  readonly used: (held: Held<T>) => void
}

/** @internal */
export interface Options<T, E> {
  readonly background: Background
  readonly schedule: Schedule.Schedule<unknown, Duration.Duration>
  readonly idleTimeout: Duration.Duration
  readonly current: () => Held<T> | undefined
  readonly logIn: Effect.Effect<Held<T>, E>
}

/** A timer of a longer time never fires. */
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
export const make = <T, E>(options: Options<T, E>): IdleKeeper<T> => {
  const { current, idleTimeout, logIn, schedule } = options
  const idleMillis = Duration.toMillis(idleTimeout)
  /** The session that nobody has used since the silence began that the fiber is keeping watch over. */
  let quiet: Held<T> | undefined
  let watcher: Fiber.RuntimeFiber<void> | undefined
  let wakesAt = 0
  /** The schedule itself has died, and is not asked again. */
  let broken = false
  let logins = 0

  const watch = (first: Held<T>) =>
    Effect.gen(function* () {
      let held: Held<T> | undefined = first
      let state: unknown = schedule.initial
      logins = 0
      while (held !== undefined) {
        const began = held.expiresAt - idleMillis
        const [next, , decision] = yield* Effect.tapDefect(schedule.step(began, idleTimeout, state), () =>
          Effect.sync(() => {
            broken = true
          })
        )
        // A use during the step has ended the silence that the step was about.
        if (quiet === held) {
          wakesAt = ScheduleDecision.isDone(decision)
            ? held.expiresAt
            : Math.max(ScheduleIntervals.start(decision.intervals), held.expiresAt)
          yield* sleepUntil(wakesAt)
          if (ScheduleDecision.isDone(decision) && quiet === held) return
        }
        if (quiet === held && current() === held) {
          held = yield* logIn
          state = next
          logins += 1
        } else {
          held = current()
          if (held !== undefined) quiet = held
          state = schedule.initial
          logins = 0
        }
      }
    })

  const start = (held: Held<T>): void => {
    if (broken) return
    quiet = held
    watcher?.unsafeInterruptAsFork(FiberId.none)
    const fiber: Fiber.RuntimeFiber<void> | undefined = options.background.fork(
      watch(held).pipe(
        Effect.catchAllCause((cause) =>
          Effect.logWarning("The session has idled out and could not be renewed; the next request tries again", cause)
        ),
        Effect.ensuring(
          Effect.sync(() => {
            if (watcher === fiber) watcher = undefined
          })
        )
      )
    )
    watcher = fiber
  }

  /** Whether the watcher sleeps, by a later step of the schedule, past the time at which a new silence could end. */
  const oversleeps = (held: Held<T>): boolean => logins > 0 && wakesAt > held.expiresAt

  return {
    begin: (held) => {
      quiet = held
      if (watcher === undefined || oversleeps(held)) start(held)
    },
    used: (held) => {
      if (quiet !== held) return
      quiet = undefined
      if (watcher === undefined || oversleeps(held)) start(held)
    }
  }
}
