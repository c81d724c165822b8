import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Equal from "effect/Equal"
import type * as Redacted from "effect/Redacted"
import type { AuthError } from "../../AuthError.js"
import * as platformError from "../endpoint/platformError.js"

/**
 * What stands for a password: itself within a process, a keyed hash of it where it is shared.
 *
 * @internal
 */
export type Mark = Redacted.Redacted | string

/**
 * What a user's logins have come to since the last that succeeded.
 *
 * @internal
 */
export interface LoginRecord {
  /** The passwords that the platform has refused, once each. */
  readonly refused: ReadonlyArray<Mark>
  /** Those that it refused before another succeeded: they do not count any more, and are not sent again. */
  readonly known: ReadonlyArray<Mark>
  /** Attempts that may have been refusals. */
  readonly uncertain: number
  /** When the latest attempt ended, and how long the next must wait, in milliseconds. */
  readonly since: number
  readonly wait: number
}

/** @internal */
export const fresh: LoginRecord = { refused: [], known: [], uncertain: 0, since: 0, wait: 0 }

/** The platform locks a user at the fifth refusal in a row, so four is as far as anyone may go. */
const affordable = 4

const longPause = Duration.toMillis(Duration.minutes(30))

/** @internal */
export const attempts = (record: LoginRecord): number => record.refused.length + record.uncertain

/** @internal */
export type Verdict =
  | { readonly _tag: "Allowed" }
  | { readonly _tag: "Refused" }
  | { readonly _tag: "Wait"; readonly remaining: Duration.Duration }

/**
 * Whether this password may be tried now.
 *
 * @internal
 */
export const judge = (record: LoginRecord, password: Mark, now: number): Verdict => {
  const known = [...record.refused, ...record.known].some((mark) => Equal.equals(mark, password))
  const spent = record.refused.length > 0 && attempts(record) >= affordable
  if (known || spent) return { _tag: "Refused" }
  const remaining = record.since + record.wait - now
  return remaining > 0 ? { _tag: "Wait", remaining: Duration.millis(remaining) } : { _tag: "Allowed" }
}

/** @internal */
export const refuse = (record: LoginRecord, password: Mark, now: number): LoginRecord => ({
  ...record,
  refused: [...record.refused, password],
  since: now,
  wait: 0
})

/**
 * The pause doubles from one second; once no further refusal can be afforded it is half an hour. `jitter` is from 0 to 1
 * and only ever lengthens it.
 *
 * @internal
 */
export const doubt = (record: LoginRecord, jitter: number, now: number): LoginRecord => {
  const next: LoginRecord = { ...record, uncertain: record.uncertain + 1, since: now }
  const pause = attempts(next) >= affordable ? longPause : 1000 * 2 ** (attempts(next) - 1)
  return { ...next, wait: Math.ceil(pause * (1 + jitter / 4)) }
}

const union = (some: ReadonlyArray<Mark>, more: ReadonlyArray<Mark>): ReadonlyArray<Mark> => [
  ...some,
  ...more.filter((mark) => !some.some((one) => Equal.equals(one, mark)))
]

/** More than a rollout has passwords. */
const longestMemory = 8

/**
 * After a success nothing counts any more. Where others have other passwords, those that were refused still are.
 *
 * @internal
 */
export const succeed = ({ known, refused, since }: LoginRecord, password: Mark): LoginRecord => ({
  ...fresh,
  since,
  known: union(refused, known)
    .filter((mark) => !Equal.equals(mark, password))
    .slice(0, longestMemory)
})

/** @internal */
export const isFresh = (record: LoginRecord): boolean => attempts(record) === 0 && record.known.length === 0

/**
 * What two who did not know of each other know together, without forgetting an attempt that may count.
 *
 * @internal
 */
export const merge = (one: LoginRecord, other: LoginRecord): LoginRecord => ({
  refused: union(one.refused, other.refused),
  known: union(one.known, other.known),
  uncertain: Math.max(one.uncertain, other.uncertain),
  ...(one.since + one.wait > other.since + other.wait
    ? { since: one.since, wait: one.wait }
    : { since: other.since, wait: other.wait })
})

/**
 * A record's times after the clock has been set back: the pause starts anew instead of lasting until the old time.
 *
 * @internal
 */
export const anchor = (record: LoginRecord, now: number): LoginRecord =>
  now < record.since ? { ...record, since: now } : record

const shapeCode = /(^|\.)(UnexpectedError|RequestUndefined|InvalidCharacter|DeserializationFailed)$/

/** @internal */
export type Outcome = "Refused" | "Uncertain" | "NotTried"

const ofError = (error: AuthError): Outcome => {
  if (error._tag === "LoginBlocked" || error._tag === "CredentialsError" || error.endpoint !== "login")
    return "NotTried"
  switch (error._tag) {
    case "EndpointError":
      return error.reason === "NotSent" ? "NotTried" : "Uncertain"
    case "OAuthError":
      return platformError.refusesAccessToken(error.error) ? "NotTried" : "Uncertain"
    case "SessionError": {
      const transient = error.status >= 500 || error.status === 408 || error.status === 429
      return transient || shapeCode.test(error.errorCode) ? "Uncertain" : "Refused"
    }
  }
}

/**
 * What a failed attempt to log in says of the username and password. A refusal is one whatever else went wrong.
 *
 * @internal
 */
export const outcome = (cause: Cause.Cause<AuthError>): Outcome => {
  const said = Chunk.map(Cause.failures(cause), ofError)
  if (Chunk.contains(said, "Refused")) return "Refused"
  return cause._tag === "Fail" ? ofError(cause.error) : "Uncertain"
}
