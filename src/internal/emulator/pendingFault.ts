import type * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import type { Fault } from "./fault.js"
import type { Request } from "./wire.js"

/**
 * What a part of a request must be: a text, or a function that decides.
 *
 * @since 0.2.0
 * @category faults
 */
export type Match = string | ((value: string) => boolean)

/**
 * Which requests a fault meets; each part that is left out fits any.
 *
 * @since 0.2.0
 * @category faults
 */
export interface FaultOptions {
  /** The method, or a function of it in capitals. */
  readonly method?: Match | undefined
  /** What the path begins with, or a function of the path. */
  readonly path?: Match | undefined
  /** What the body contains, or a function of the body as text. */
  readonly body?: Match | undefined
  /** How many requests; default 1, or all of them within the time that `lasts` gives. */
  readonly times?: number | undefined
  /** How long from now, by the `Clock`; default without end. */
  readonly lasts?: Duration.DurationInput | undefined
}

/** A fault that waits for requests. */
export interface PendingFault {
  readonly fault: Fault
  readonly options: FaultOptions
  readonly times: number
  /** When it ends, in milliseconds since the epoch. */
  readonly until: number
}

const fits = (match: Match | undefined, value: string, compare: (value: string, text: string) => boolean) =>
  match === undefined || (Predicate.isString(match) ? compare(value, match) : match(value))

const meets = ({ body, method, path }: FaultOptions, request: Request) =>
  fits(method, request.method, (value, text) => value === text.toUpperCase()) &&
  fits(path, request.path, (value, text) => value.startsWith(text)) &&
  fits(body, request.text, (value, text) => value.includes(text))

/** Takes the first fault that waits for the request, and leaves the others that have not ended. */
export const take = (
  all: ReadonlyArray<PendingFault>,
  request: Request,
  now: number
): readonly [fault: Fault | undefined, rest: ReadonlyArray<PendingFault>] => {
  const pending = all.filter(({ until }) => now < until)
  const found = pending.find(({ options }) => meets(options, request))
  if (found === undefined) {
    return [undefined, pending]
  }
  return [
    found.fault,
    found.times > 1
      ? pending.map((one) => (one === found ? { ...one, times: one.times - 1 } : one))
      : pending.filter((one) => one !== found)
  ]
}
