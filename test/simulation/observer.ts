/**
 * Collects everything that a run lets out, and looks for secrets in it.
 */
import { inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"

/** Everything that a run of the pipeline lets out: log lines, spans, metrics, and what its calls failed with. */
export interface Observer {
  readonly observe: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
  readonly failed: (exit: Exit.Exit<unknown, unknown>) => void
  /** The texts in which one of these occurs. */
  readonly leaks: (secrets: ReadonlyArray<string>) => ReadonlyArray<string>
}

const renderings = (cause: Cause.Cause<unknown>): ReadonlyArray<string> => {
  const error = Cause.squash(cause)
  return [
    String(error),
    inspect(cause, { depth: 12 }),
    inspect(error, { depth: 12, showHidden: true }),
    JSON.stringify(cause),
    Cause.pretty(cause),
    error instanceof Error ? `${error.stack}` : ""
  ]
}

const spanText = ({ attributes, name, status }: Tracer.Span): string => {
  const ended = status._tag === "Ended" && Exit.isFailure(status.exit) ? Cause.pretty(status.exit.cause) : ""
  return [name, ...[...attributes].map(([key, value]) => `${key}=${String(value)}`), ended].join("\n")
}

/** The registry is the process's, so it holds what earlier runs have measured as well. */
const metricTexts = (): ReadonlyArray<string> =>
  Metric.unsafeSnapshot().map(({ metricKey: { description, name, tags } }) => inspect([name, description, tags]))

export const make = Effect.map(Effect.tracer, (native): Observer => {
  const texts: Array<string> = []
  const spans: Array<Tracer.Span> = []
  const known = new Set<string>()

  /** One of each kind is enough: rendering is most of the work. */
  const render = (cause: Cause.Cause<unknown>): void => {
    const title = String(Cause.squash(cause))
    if (known.has(title)) return
    known.add(title)
    texts.push(...renderings(cause))
  }
  const logger = Logger.make(({ annotations, cause, message }) => {
    texts.push(inspect([message, annotations], { depth: 12 }))
    if (!Cause.isEmpty(cause)) render(cause)
  })
  const tracer = Tracer.make({
    context: native.context,
    span: (...args) => {
      const span = native.span(...args)
      spans.push(span)
      return span
    }
  })

  return {
    observe: (effect) =>
      effect.pipe(
        Effect.locally(FiberRef.currentLoggers, HashSet.make(logger)),
        Logger.withMinimumLogLevel(LogLevel.All),
        Effect.withTracer(tracer)
      ),
    failed: (exit) => {
      if (Exit.isFailure(exit)) render(exit.cause)
    },
    leaks: (secrets) => {
      const all = [...texts, ...spans.map(spanText), ...metricTexts()]
      const joined = all.join("\n")
      return secrets
        .filter((secret) => joined.includes(secret))
        .flatMap((secret) => all.filter((text) => text.includes(secret)))
    }
  }
})
