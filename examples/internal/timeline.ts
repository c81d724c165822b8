/**
 * Tells what happens while it happens: when, what, what it means, and which requests it took.
 */
import * as Cause from "effect/Cause"
import * as Clock from "effect/Clock"
import * as ConfigError from "effect/ConfigError"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Ref from "effect/Ref"
import { bold, dim, green, red, wrap, yellow } from "../../bin/terminal.js"
import type { Counts, Request } from "./requests.js"
import * as requests from "./requests.js"

/** Something did not go as the program says it does. */
export class Unexpected extends Data.TaggedError("Unexpected")<{ readonly message: string }> {}

export const expect = (holds: boolean, expectation: string): Effect.Effect<void, Unexpected> =>
  holds ? Effect.void : Effect.fail(new Unexpected({ message: `This did not hold: ${expectation}.` }))

export interface Step<A, E, R> {
  readonly does: Effect.Effect<A, E, R>
  /** The requests that it takes, exactly. */
  readonly costs: Counts
  readonly happened: (result: A) => string
  readonly means: string
}

export interface Service {
  /** Does something, checks what it cost, and tells it. */
  readonly step: <A, E, R>(step: Step<A, E, R>) => Effect.Effect<A, E | Unexpected, R>
  /** Says what comes next, before a wait. */
  readonly note: (text: string) => Effect.Effect<void>
}

export class Timeline extends Context.Tag("Timeline")<Timeline, Service>() {}

const margin = 12

const lines = (...all: ReadonlyArray<string>) => all.join(`\n${" ".repeat(margin)}`)

const entry = (millis: number, mark: string, text: string, paint: (line: string) => string): string => {
  const time = dim(`${(millis / 1000).toFixed(2).padStart(7)} s`)
  return `${time} ${mark} ${lines(...wrap(text, margin).map(paint))}`
}

const make = (begin: number, seen: Effect.Effect<ReadonlyArray<Request>>): Effect.Effect<Service> =>
  Effect.gen(function* () {
    const told = yield* Ref.make(0)
    const elapsed = Effect.map(Clock.currentTimeMillis, (now) => now - begin)

    /** The requests since the last step. */
    const fresh = Effect.gen(function* () {
      const all = yield* seen
      return all.slice(yield* Ref.getAndSet(told, all.length))
    })

    const tell = (mark: string, title: string, means: string, sent: ReadonlyArray<Request>) =>
      Effect.flatMap(elapsed, (millis) => {
        const details = [...wrap(means, margin).map(dim), ...requests.list(sent).map((line) => `${dim("→")} ${line}`)]
        return Console.log(`${lines(entry(millis, mark, title, bold), ...details)}\n`)
      })

    return {
      step: ({ costs, does, happened, means }) =>
        Effect.gen(function* () {
          const failed = Effect.flatMap(fresh, (sent) => tell(red("✗"), "Failed here", "", sent))
          const result = yield* Effect.tapError(does, () => failed)
          const sent = yield* fresh
          const problem = requests.difference(sent, costs)
          yield* tell(problem === undefined ? green("✓") : red("✗"), happened(result), means, sent)
          if (problem !== undefined) return yield* new Unexpected({ message: `This did not hold: ${problem}.` })
          return result
        }),
      note: (text) => Effect.flatMap(elapsed, (millis) => Console.log(`${entry(millis, dim("…"), text, dim)}\n`))
    }
  })

/** An error in one line. */
export const describe = (error: unknown): string => {
  const text = error instanceof Error && !ConfigError.isConfigError(error) ? error.message : String(error)
  return text.replaceAll(/\s+/g, " ").trim()
}

/** What the library logs, as entries of the timeline. */
const logger = (begin: number): Logger.Logger<unknown, void> =>
  Logger.make(({ cause, date, logLevel, message }) => {
    const reason = Cause.isEmpty(cause) ? [] : [describe(Cause.squash(cause))]
    const text = [`${logLevel.label.toLowerCase()}:`, message, reason].flat().join(" ")
    console.log(entry(date.getTime() - begin, yellow("!"), text, yellow))
  })

/** A timeline that begins now; it asks `seen` for all requests so far. */
export const layer = (seen: Effect.Effect<ReadonlyArray<Request>>): Layer.Layer<Timeline> =>
  Layer.unwrapEffect(
    Effect.map(Clock.currentTimeMillis, (begin) =>
      Layer.merge(Layer.effect(Timeline, make(begin, seen)), Logger.replace(Logger.defaultLogger, logger(begin)))
    )
  )
