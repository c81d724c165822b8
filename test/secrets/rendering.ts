import { format, inspect } from "node:util"
import * as Cause from "effect/Cause"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Runtime from "effect/Runtime"

/** JSON as a logger writes it, which stops at neither a cycle nor a big integer. */
export const json = (value: unknown): string => {
  const seen = new Set<unknown>()
  const text: string | undefined = JSON.stringify(value, (_, one: unknown) => {
    if (typeof one === "bigint") return String(one)
    if (typeof one !== "object" || one === null) return one
    return seen.has(one) ? "circular" : seen.add(one) && one
  })
  return text ?? ""
}

/** What a logger, a terminal or a debugger shows of a value, its hidden properties and its own idea of it included. */
export const ofObject = (value: unknown): ReadonlyArray<string> => [
  inspect(value, { depth: 12, showHidden: true }),
  inspect(value, { depth: 12, showHidden: true, customInspect: false }),
  inspect(value, { depth: 12, showProxy: true, getters: true }),
  json(value)
]

/** The same for a value that is printed as text as well. */
export const ofValue = (value: unknown): ReadonlyArray<string> => [
  ...ofObject(value),
  String(value),
  format("%s %o %O", value, value, value),
  Inspectable.toStringUnknown(value),
  ...(value instanceof Error ? [`${value.name} ${value.message} ${value.stack}`] : [])
]

const ofFailure = <E>(cause: Cause.Cause<E>): ReadonlyArray<string> => [
  Cause.pretty(cause),
  Cause.pretty(cause, { renderErrorCause: true }),
  ...Cause.prettyErrors(cause).flatMap(ofValue),
  ...ofValue(cause),
  // What `Effect.runPromise` rejects with.
  ...ofValue(Runtime.makeFiberFailure(cause)),
  ...ofValue(Cause.squash(cause)),
  ...ofValue(Cause.squashWith(cause, (error) => error))
]

/** Everything that can be printed of the end of a program. */
export const ofExit = <A, E>(exit: Exit.Exit<A, E>): ReadonlyArray<string> => [
  ...ofValue(exit),
  ...(Exit.isFailure(exit) ? ofFailure(exit.cause) : ofValue(exit.value))
]

/** Everything that can be printed of an error that a program meets, as it is and wrapped as programs wrap errors. */
export const ofError = (error: unknown): ReadonlyArray<string> => [
  ...ofValue(error),
  ...ofFailure(Cause.fail(error)),
  ...ofFailure(Cause.die(error)),
  ...ofValue(Either.left(error)),
  ...ofValue(new Error("wrapped", { cause: error })),
  ...ofValue(new AggregateError([error], "several"))
]
