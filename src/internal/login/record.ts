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
  /** Random, and the same in every process. */
  readonly id: string
  readonly at: number
  readonly isRefusal: boolean
  /** The login is under way. */
  readonly isPending?: boolean | undefined
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
  /** Made by logins that were not judged, and how many in a row. */
  readonly pause?:
    | { readonly failure: AuthError | undefined; readonly until: number; readonly times: number }
    | undefined
  /** How many probes since the last strike were not answered, and when the next is due. */
  readonly probe?: { readonly unanswered: number; readonly due: number } | undefined
  /** Raised by each success and each reset, so that processes that share the record learn what is over. */
  readonly epoch: { readonly number: number; readonly at: number; readonly resetAt: number }
  /** The latest version of the store's record that this one includes. */
  readonly seen?: number | undefined
}

/** Before any clock began, and a number that JSON can carry. */
const never = -1e15

/** @internal */
export const fresh: LoginRecord = { passwords: [], strikes: [], epoch: { number: 0, at: never, resetAt: never } }

/**
 * Whether forgetting the record permits no login that it would hold back.
 *
 * @internal
 */
export const isSpent = ({ passwords, pause, strikes }: LoginRecord, now: number): boolean =>
  strikes.length === 0 && !passwords.some(({ isRefused }) => isRefused) && (pause === undefined || pause.until <= now)

/** The platform locks a user at the fifth refusal in a row. */
const affordable = 4

/** After the first, second and third strike in a row. Never shortened: they give the platform time. */
const afterStrikes: ReadonlyArray<number> = [2_000, 30_000, 300_000]

const halfHour = Duration.toMillis(Duration.minutes(30))

const longestPause = 30_000

/** @internal */
export type Verdict =
  | { readonly _tag: "Open" }
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
  if (made !== undefined && now < made.until) return { _tag: "Paused", ...made }
  const last = strikes.at(-1)
  if (last === undefined || last.isRefusal) return { _tag: "Open" }
  const until = Math.max(last.at + (afterStrikes[strikes.length - 1] ?? halfHour), record.probe?.due ?? 0)
  return now < until ? { _tag: "Paused", until, failure: last.failure } : { _tag: "Open" }
}

/**
 * What is known apart from the logins that are under way.
 *
 * @internal
 */
export const settled = (record: LoginRecord): LoginRecord => ({
  ...record,
  strikes: record.strikes.filter(({ isPending }) => !isPending)
})

/**
 * A probe was not answered. `random` is from 0 to 1.
 *
 * @internal
 */
export const unanswered = (record: LoginRecord, random: number, now: number): LoginRecord => {
  const unanswered = (record.probe?.unanswered ?? 0) + 1
  const due = now + pause.jittered(pause.backoff(unanswered, longestPause), random)
  return { ...record, probe: { unanswered, due } }
}

/**
 * Recorded before the login is sent, so it counts even if this process dies.
 *
 * @internal
 */
export const begin = (record: LoginRecord, strike: Strike): LoginRecord => ({
  ...record,
  // A fifth is sent only if all are uncertain; the pause no longer grows.
  strikes: [...record.strikes.slice(-affordable), { ...strike, isPending: true }],
  probe: undefined
})

/**
 * What came of the login of a strike, with a password of these marks. `random` is from 0 to 1.
 *
 * @internal
 */
export const settle = (
  record: LoginRecord,
  { at, id }: Strike,
  marks: ReadonlyArray<Mark>,
  { _tag, failure }: Outcome,
  random: number,
  now: number
): LoginRecord => {
  const { epoch, passwords, strikes } = record
  const others = strikes.filter((strike) => strike.id !== id)
  const judged = (isRefused: boolean): ReadonlyArray<Judged> => [
    ...passwords.filter(({ mark }) => !marks.includes(mark)),
    ...marks.map((mark) => ({ mark, at: now, isRefused }))
  ]
  // A late answer may find the pause of a later login, which stays.
  const made = record.pause !== undefined && now < record.pause.until ? record.pause : undefined
  switch (_tag) {
    case "Accepted": {
      const younger = others.filter((strike) => strike.at > at)
      const next = { ...epoch, number: epoch.number + 1, at: younger.length === 0 ? now : at }
      // Keeps the acceptance: other processes may know an earlier refusal.
      return { ...record, passwords: judged(false), strikes: younger, pause: made, epoch: next }
    }
    case "Refused":
    case "Uncertain": {
      const isRefusal = _tag === "Refused"
      return {
        ...record,
        passwords: isRefusal ? judged(true) : passwords,
        strikes: strikes.map((strike) => (strike.id === id ? { id, at: now, isRefusal, failure } : strike)),
        pause: made
      }
    }
    case "NotTried":
      return { ...record, strikes: others }
    case "NotJudged": {
      const times = (record.pause?.times ?? 0) + 1
      const said = failure !== undefined && "retryAfter" in failure ? failure.retryAfter : undefined
      const millis =
        said === undefined
          ? pause.jittered(pause.backoff(times, longestPause), random)
          : Math.min(Duration.toMillis(said), pause.longestRetryAfter)
      return { ...record, strikes: others, pause: { failure, until: now + millis, times } }
    }
  }
}

/**
 * Clears the record, but for logins that are under way.
 *
 * @internal
 */
export const reset = ({ epoch, seen, strikes }: LoginRecord, now: number): LoginRecord => ({
  ...fresh,
  seen,
  strikes: strikes.filter(({ isPending }) => isPending),
  epoch: { number: epoch.number + 1, at: now, resetAt: now }
})
