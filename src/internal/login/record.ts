import * as Duration from "effect/Duration"
import type { AuthError } from "../../AuthError.js"
import * as pause from "../endpoint/pause.js"
import type { Mark } from "./mark.js"
import type { Outcome } from "./outcome.js"

/**
 * A login since the last success that was refused, or may have been. Times are milliseconds of the monotonic clock.
 *
 * @internal
 */
export interface Strike {
  /** Random: the same strike has the same in every process. */
  readonly id: string
  readonly at: number
  readonly isRefusal: boolean
  readonly failure?: AuthError | undefined
}

/**
 * What the platform said of a password last.
 *
 * @internal
 */
export interface Judged {
  readonly mark: Mark
  readonly at: number
  readonly isRefused: boolean
}

/**
 * What is known of one user's logins.
 *
 * @internal
 */
export interface LoginRecord {
  readonly passwords: ReadonlyArray<Judged>
  /** Over all passwords, oldest first. */
  readonly strikes: ReadonlyArray<Strike>
  /** The strike of the login that is under way. */
  readonly pending?: string | undefined
  /** Made by logins that were not judged, how many in a row. */
  readonly pause?: { readonly failure: AuthError; readonly until: number; readonly times: number } | undefined
  /** How many probes since the last strike were not answered, and when the next is due. */
  readonly probe?: { readonly unanswered: number; readonly due: number } | undefined
  /**
   * In a record that is shared: raised by each success and each reset, and when that was; and which version of the
   * store's this takes in.
   */
  readonly epoch?:
    | { readonly number: number; readonly at: number; readonly resetAt: number; readonly seen: number }
    | undefined
}

/** @internal */
export const fresh: LoginRecord = { passwords: [], strikes: [] }

/** The platform locks a user at the fifth refusal in a row. */
const affordable = 4

/** How long after the first, second and third strike in a row; these give the platform time, so they are never shortened. */
const afterStrikes: ReadonlyArray<number> = [2_000, 30_000, 300_000]

const halfHour = Duration.toMillis(Duration.minutes(30))

const longestPause = 30_000

/** @internal */
export type Verdict =
  | { readonly _tag: "Open"; readonly follows: "Nothing" | "Uncertain" }
  | { readonly _tag: "Paused"; readonly until: number; readonly failure: AuthError | undefined }
  | { readonly _tag: "Blocked"; readonly reason: "PasswordRefused" | "TooManyStrikes" }

/**
 * Whether a login with a password of these marks may be sent now.
 *
 * @internal
 */
export const judge = (record: LoginRecord, marks: ReadonlyArray<Mark>, now: number): Verdict => {
  const { passwords, pause: made, strikes } = record
  if (passwords.some(({ isRefused, mark }) => isRefused && marks.includes(mark))) {
    return { _tag: "Blocked", reason: "PasswordRefused" }
  }
  if (strikes.length >= affordable && strikes.some(({ isRefusal }) => isRefusal)) {
    return { _tag: "Blocked", reason: "TooManyStrikes" }
  }
  if (made !== undefined && now < made.until) return { _tag: "Paused", until: made.until, failure: made.failure }
  const last = strikes.at(-1)
  if (last === undefined || last.isRefusal) return { _tag: "Open", follows: "Nothing" }
  const until = Math.max(last.at + (afterStrikes[strikes.length - 1] ?? halfHour), record.probe?.due ?? 0)
  return now < until ? { _tag: "Paused", until, failure: last.failure } : { _tag: "Open", follows: "Uncertain" }
}

/**
 * What is known apart from the login that is under way.
 *
 * @internal
 */
export const settled = (record: LoginRecord): LoginRecord => ({
  ...record,
  strikes: record.strikes.filter(({ id }) => id !== record.pending)
})

/** @internal */
export const isFresh = ({ epoch, passwords, pause, strikes }: LoginRecord): boolean =>
  passwords.length === 0 && strikes.length === 0 && pause === undefined && epoch === undefined

/**
 * A probe is about to be sent, which counts as unanswered until it has been. `random` is from 0 to 1.
 *
 * @internal
 */
export const probing = (record: LoginRecord, random: number, now: number): LoginRecord => {
  const unanswered = (record.probe?.unanswered ?? 0) + 1
  const due = now + pause.jittered(pause.backoff(unanswered, longestPause), random)
  return { ...record, probe: { unanswered, due } }
}

/**
 * The probe was not answered, and took so long: the next is due as long after its end.
 *
 * @internal
 */
export const unanswered = (record: LoginRecord, took: number): LoginRecord => ({
  ...record,
  probe: record.probe && { ...record.probe, due: record.probe.due + took }
})

/**
 * One login, while it is under way and after.
 *
 * @internal
 */
export interface Attempt {
  readonly id: string
  readonly marks: ReadonlyArray<Mark>
  /** When it was about to be sent. */
  readonly at: number
}

/**
 * A login is about to be sent. It counts before, so that a process that dies has counted it.
 *
 * @internal
 */
export const begin = (record: LoginRecord, { at, id }: Attempt): LoginRecord => ({
  ...record,
  // If there are more, all are uncertain, and the pause is the same.
  strikes: [...record.strikes.slice(-affordable), { id, at, isRefusal: false }],
  pending: id,
  probe: undefined
})

const without = (passwords: ReadonlyArray<Judged>, marks: ReadonlyArray<Mark>): ReadonlyArray<Judged> =>
  passwords.filter(({ mark }) => !marks.includes(mark))

const judged = (marks: ReadonlyArray<Mark>, at: number, isRefused: boolean): ReadonlyArray<Judged> =>
  marks.map((mark) => ({ mark, at, isRefused }))

/** Keeps the strike in its place; one that a reset has removed meanwhile counts by itself. */
const struck = (strikes: ReadonlyArray<Strike>, strike: Strike): ReadonlyArray<Strike> =>
  strikes.some(({ id }) => id === strike.id)
    ? strikes.map((one) => (one.id === strike.id ? strike : one))
    : [...strikes, strike]

const accepted = (record: LoginRecord, { at, id, marks }: Attempt, now: number): LoginRecord => {
  const { epoch } = record
  const others = without(record.passwords, marks)
  const strikes = record.strikes.filter((strike) => strike.at > at && strike.id !== id)
  return {
    strikes,
    // Others may hold that it was refused, before.
    passwords: epoch === undefined ? others : [...others, ...judged(marks, now, false)],
    epoch: epoch && { ...epoch, number: epoch.number + 1, at: strikes.length === 0 ? now : at }
  }
}

/**
 * What came of a login. `random` is from 0 to 1.
 *
 * @internal
 */
export const settle = (
  record: LoginRecord,
  attempt: Attempt,
  outcome: Outcome,
  random: number,
  now: number
): LoginRecord => {
  const { id, marks } = attempt
  const open: LoginRecord = { ...record, pending: undefined, pause: undefined }
  switch (outcome._tag) {
    case "Accepted":
      return accepted(record, attempt, now)
    case "Refused":
      return {
        ...open,
        passwords: [...without(record.passwords, marks), ...judged(marks, now, true)],
        strikes: struck(record.strikes, { id, at: now, isRefusal: true })
      }
    case "Uncertain":
      return { ...open, strikes: struck(record.strikes, { id, at: now, isRefusal: false, failure: outcome.failure }) }
    case "NotTried":
      return { ...record, pending: undefined, strikes: record.strikes.filter((strike) => strike.id !== id) }
    case "NotJudged": {
      const { failure } = outcome
      const times = (record.pause?.times ?? 0) + 1
      const said = "retryAfter" in failure ? failure.retryAfter : undefined
      const millis =
        said === undefined
          ? pause.jittered(pause.backoff(times, longestPause), random)
          : Math.min(Duration.toMillis(said), pause.longestRetryAfter)
      const strikes = record.strikes.filter((strike) => strike.id !== id)
      return { ...record, pending: undefined, strikes, pause: { failure, until: now + millis, times } }
    }
  }
}

/**
 * What came of a login that was not waited for any longer: only a clear answer changes what is known.
 *
 * @internal
 */
export const settleLate = (record: LoginRecord, attempt: Attempt, outcome: Outcome, now: number): LoginRecord => {
  const { id, marks } = attempt
  switch (outcome._tag) {
    case "Accepted": {
      const { pause: made, pending, probe } = record
      const next = accepted(record, attempt, now)
      return next.strikes.length === 0 ? next : { ...next, pause: made, pending, probe }
    }
    case "Refused":
      return {
        ...record,
        passwords: [...without(record.passwords, marks), ...judged(marks, now, true)],
        strikes: record.strikes.map((strike) => (strike.id === id ? { ...strike, isRefusal: true } : strike))
      }
    case "NotJudged":
      return { ...record, strikes: record.strikes.filter((strike) => strike.id !== id) }
    default:
      return record
  }
}

/**
 * Nothing is known any more; who shares the record learns that from its epoch.
 *
 * @internal
 */
export const reset = ({ epoch }: LoginRecord, now: number): LoginRecord =>
  epoch === undefined ? fresh : { ...fresh, epoch: { ...epoch, number: epoch.number + 1, at: now, resetAt: now } }
