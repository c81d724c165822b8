import * as Predicate from "effect/Predicate"
import * as serverText from "./serverText.js"

/** Deeper than transports nest their errors, and an end to one that holds itself. */
const deepest = 5

/**
 * An error of our making in place of a transport's, which may hold the request, its headers or what a parser could not
 * read: its name, code, syscall and message, those of its cause, and nothing else of it.
 *
 * @internal
 */
export const transportError = (cause: unknown, secrets: ReadonlyArray<string>, depth = deepest): Error | undefined => {
  if (cause === undefined || cause === null || depth === 0) return undefined
  const text = (name: string): string | undefined =>
    Predicate.hasProperty(cause, name) && typeof cause[name] === "string"
      ? serverText.sentence(cause[name], secrets)
      : undefined
  const inner = Predicate.hasProperty(cause, "cause") ? transportError(cause.cause, secrets, depth - 1) : undefined
  const message = typeof cause === "string" ? serverText.sentence(cause, secrets) : text("message")
  const told = Object.entries({ name: text("name"), code: text("code"), syscall: text("syscall") })
  return Object.assign(
    new Error(message, inner === undefined ? undefined : { cause: inner }),
    Object.fromEntries(told.filter(([, value]) => value !== undefined))
  )
}
