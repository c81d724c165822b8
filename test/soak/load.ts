import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"
import * as callers from "./callers.js"
import * as heap from "./heap.js"
import type { Link } from "./link.js"
import type { Options } from "./options.js"

/** What the load has brought to light, beside what became of its calls. */
export interface Findings {
  /** What is left on the heap in each silence. */
  readonly heap: Array<number>
  /** Silences in which nobody called and the idle session was renewed all the same. */
  silences: number
  /** What did not come to an end, or did not happen, in time. */
  readonly overdue: Array<string>
}

/** The longest time between two calls of one caller: longer on a machine on which the last one took long. */
const pause = (took: number): number => Math.min(Math.max(600, 6 * took), 3000)

const until = (condition: () => boolean) =>
  Effect.repeat(Effect.sync(condition), { until: (holds) => holds, schedule: Schedule.spaced("10 millis") })

/** Callers at work, with a silence after a sixth of the time, one after the half, and one at the end. */
export const run = (
  { fibers, seconds, seed }: Options,
  link: Link,
  tally: callers.Tally,
  findings: Findings
): Effect.Effect<void, never, ThingSpaceHttpClient.ThingSpaceHttpClient> =>
  Effect.gen(function* () {
    const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
    const gate = yield* Effect.makeLatch(true)
    let over = false

    const caller = (n: number) => {
      const random = Random.make(`${seed} ${n}`)
      let took = 0
      return Effect.suspend(() => random.nextIntBetween(0, pause(took))).pipe(
        Effect.flatMap(Effect.sleep),
        Effect.zipRight(gate.await),
        Effect.flatMap(() => (over ? Effect.succeed(0) : callers.call(client, tally, random))),
        Effect.tap((millis) => {
          took = millis
        }),
        Effect.repeat({ while: () => !over })
      )
    }

    const inTime = (effect: Effect.Effect<unknown>, seconds: number, problem: string) =>
      Effect.map(Effect.timeoutOption(effect, seconds * 1000), (done) => {
        if (Option.isNone(done)) findings.overdue.push(`${problem} within ${seconds} s`)
        return Option.isSome(done)
      })

    /** Nobody calls until the session has idled out and the library has logged in by itself; then memory is measured. */
    const silence = Effect.gen(function* () {
      yield* gate.close
      const ended = until(() => tally.underWay() === 0)
      yield* inTime(ended, 30, "the calls under way did not end")
      const quietSince = Date.now()
      const renewed = until(() => link.issued("session").at > quietSince)
      if (yield* inTime(renewed, 30, "the idle session was not renewed")) findings.silences += 1
      findings.heap.push(yield* heap.used)
      yield* gate.open
    })

    const everyone = yield* Effect.fork(
      Effect.forEach(Array.from({ length: fibers }).keys(), caller, { concurrency: "unbounded", discard: true })
    )
    yield* Effect.sleep(seconds * 150)
    yield* silence
    yield* Effect.sleep(seconds * 350)
    yield* silence
    yield* Effect.sleep(seconds * 500)
    over = true
    yield* silence
    yield* inTime(Fiber.await(everyone), 30, "the callers did not end")
    yield* Fiber.interruptFork(everyone)
  })
