import { inspect } from "node:util"
import * as Effect from "effect/Effect"
import * as Tracer from "effect/Tracer"

/** A tracer that keeps its spans. */
export const make = Effect.map(Effect.tracer, (native) => {
  const spans: Array<Tracer.Span> = []
  return {
    tracer: Tracer.make({
      span: (...args) => {
        const span = native.span(...args)
        spans.push(span)
        return span
      },
      context: native.context
    }),
    all: (): ReadonlyArray<Tracer.Span> => spans,
    names: () => spans.map(({ name }) => name),
    /** Names and attributes, in one text. */
    text: () => spans.map(({ attributes, name }) => inspect([name, attributes], { depth: 12 })).join("\n")
  }
})
