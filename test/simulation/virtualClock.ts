/**
 * The time of a simulated run.
 */
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"

/**
 * Time that passes only when it is told to, in two readings: the machine's steady time, by which sleepers wake, and a
 * wall clock, which somebody may set.
 *
 * `TestClock` cannot say this: setting it wakes whoever sleeps. It also waits for three timers of the real clock before
 * each waking, which is what most of a simulated hour would be spent on.
 */
export interface VirtualClock {
  readonly steady: Clock.Clock
  readonly wall: Clock.Clock
  /** The same wall clock as an object of its own: what a process remembers by its clock, the next does not know. */
  readonly makeWall: () => Clock.Clock
  /** Milliseconds since the start, by the steady time. */
  readonly elapsed: () => number
  /** Sets the wall clock forward, or back. */
  readonly jump: (millis: number) => void
  /** Lets every fiber go as far as it can without time passing. */
  readonly settle: Effect.Effect<void>
  /** Lets time pass, waking every sleeper at its own time. */
  readonly advance: (millis: number) => Effect.Effect<void>
  /** How many fibers sleep. */
  readonly sleepers: () => number
}

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** Where both clocks start: any time that is not zero. */
const start = Date.UTC(2026, 0, 5, 8)

/** More fibers than this do not wake in the same moment. */
const most = 1000

/** Fibers and streams take their turns in microtasks, all of which come before the next immediate. */
const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const settle = Effect.zipRight(turn, turn)

export const make = (): VirtualClock => {
  let elapsed = 0
  let offset = 0
  let sleepers: Array<Sleeper> = []
  let wakings = 0

  const sleep = (duration: Duration.Duration): Effect.Effect<void> =>
    Effect.async((resume) => {
      const sleeper = { at: elapsed + Duration.toMillis(duration), wake: () => resume(Effect.void) }
      sleepers.push(sleeper)
      return Effect.sync(() => {
        sleepers = sleepers.filter((one) => one !== sleeper)
      })
    })

  /** As in a machine: whoever sets the clock does not touch what durations are measured by. */
  const nanos = (): bigint => BigInt(Math.floor(start + elapsed)) * 1_000_000n

  const clock = (now: () => number): Clock.Clock => ({
    [Clock.ClockTypeId]: Clock.ClockTypeId,
    unsafeCurrentTimeMillis: now,
    unsafeCurrentTimeNanos: nanos,
    currentTimeMillis: Effect.sync(now),
    currentTimeNanos: Effect.sync(nanos),
    sleep
  })

  /** The first of those that wake earliest. */
  const next = (until: number): Sleeper | undefined =>
    sleepers.reduce<Sleeper | undefined>(
      (first, one) => (one.at <= until && (first === undefined || one.at < first.at) ? one : first),
      undefined
    )

  const wakeUntil = (until: number): Effect.Effect<void> =>
    Effect.suspend(() => {
      const sleeper = next(until)
      if (sleeper === undefined) return Effect.void
      wakings = sleeper.at > elapsed ? 0 : wakings + 1
      if (wakings > most) return Effect.dieMessage("time stands still: somebody sleeps for no time, again and again")
      elapsed = Math.max(elapsed, sleeper.at)
      sleepers = sleepers.filter((one) => one !== sleeper)
      sleeper.wake()
      return Effect.zipRight(settle, wakeUntil(until))
    })

  const makeWall = (): Clock.Clock => clock(() => start + elapsed + offset)

  return {
    steady: clock(() => start + elapsed),
    wall: makeWall(),
    makeWall,
    elapsed: () => elapsed,
    jump: (millis) => {
      offset += millis
    },
    settle,
    advance: (millis) =>
      Effect.suspend(() => {
        const until = elapsed + millis
        return settle.pipe(
          Effect.zipRight(wakeUntil(until)),
          Effect.zipRight(
            Effect.sync(() => {
              elapsed = until
            })
          )
        )
      }),
    sleepers: () => sleepers.length
  }
}
