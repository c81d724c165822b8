/**
 * What an observer on the road knows of the logins, and which of them put a user at risk of being locked.
 */
import type { Outcome, Sending } from "./ledger.js"
import type { Decision } from "./platform.js"

/** What the observer knows of one user's logins since the last that succeeded. */
interface Attempt {
  readonly password: string | undefined
  readonly sending: Sending
  /** What the pipeline could conclude. */
  outcome: "pending" | "refused" | "uncertain" | "harmless" | "succeeded"
  /** By the wall clock. */
  endedAt: number
  /** Whether the platform counts it towards the lock. */
  counts: boolean
}

/** Logins, and which of them put the user at risk. */
export interface Strikes {
  readonly sent: (sending: Sending, wall: number | undefined) => void
  readonly decided: (sending: Sending, decision: Decision) => void
  readonly ended: (sending: Sending, outcome: Outcome, wall: number) => void
  readonly reset: () => void
  /** Whether the guard is right to refuse this password for good. */
  readonly mayLatch: (user: string, password: string) => boolean
  /** How long at most the guard may hold the next login back. */
  readonly pause: (user: string) => number
}

const limit = 5
const halfAnHour = 30 * 60_000

const credentialCode =
  /"errorCode":"(?!UnifiedWebService\.(REQUEST_FAILED\.(UnexpectedError|TooManyRequests)|INPUT_INVALID\.RequestUndefined)|DeserializationFailed)/

const isRefusal = (status: number, body: string): boolean =>
  status >= 400 && status < 500 && status !== 429 && credentialCode.test(body)

const conclude = (outcome: Outcome): Attempt["outcome"] => {
  if (outcome._tag !== "Answered" || !outcome.whole) return "uncertain"
  const { body, status } = outcome
  if (status < 300) return /"sessionToken":"[^"]+"/.test(body) ? "succeeded" : "uncertain"
  if (isRefusal(status, body)) return "refused"
  return /9009(00|01|02|03|04)\b/.test(body) && !/900900/.test(body) ? "harmless" : "uncertain"
}

export const make = (violate: (text: string) => void): Strikes => {
  const users = new Map<string, Array<Attempt>>()
  const of = (user: string | undefined): Array<Attempt> => {
    const attempts = users.get(user ?? "") ?? []
    users.set(user ?? "", attempts)
    return attempts
  }
  const find = (sending: Sending): Attempt | undefined => of(sending.user).find((one) => one.sending === sending)
  const failures = (attempts: ReadonlyArray<Attempt>) =>
    attempts.filter(({ outcome }) => outcome === "refused" || outcome === "uncertain")

  const pauseAfter = (attempts: ReadonlyArray<Attempt>): number => {
    const failed = failures(attempts)
    if (failed[failed.length - 1]?.outcome !== "uncertain") return 0
    return failed.length >= 4 ? halfAnHour : 1000 * 2 ** (failed.length - 1)
  }

  const latched = (attempts: ReadonlyArray<Attempt>, password: string | undefined): boolean => {
    const failed = failures(attempts)
    const refused = failed.filter(({ outcome }) => outcome === "refused")
    return refused.some((one) => one.password === password) || (refused.length > 0 && failed.length >= 4)
  }

  return {
    sent: (sending, wall) => {
      const attempts = of(sending.user)
      if (latched(attempts, sending.password)) violate("a login is sent that the latch forbids")
      const last = failures(attempts).at(-1)
      if (wall !== undefined && last !== undefined && wall < last.endedAt + pauseAfter(attempts)) {
        violate("a login is sent before the pause is over")
      }
      attempts.push({ password: sending.password, sending, outcome: "pending", endedAt: 0, counts: false })
    },
    decided: (sending, { answer }) => {
      const attempt = find(sending)
      if (attempt === undefined || answer === undefined) return
      attempt.counts = isRefusal(answer.status, answer.body)
      const counting = of(sending.user).filter(({ counts }) => counts)
      const first = counting.slice(0, limit - 1)
      if (counting.length >= limit && !first.every(({ outcome }) => outcome === "uncertain")) {
        violate("five logins in a row are refused")
      }
    },
    ended: (sending, outcome, wall) => {
      const attempt = find(sending)
      if (attempt === undefined) return
      attempt.outcome = conclude(outcome)
      attempt.endedAt = wall
      if (attempt.outcome === "succeeded") users.delete(sending.user ?? "")
    },
    reset: () => {
      for (const [user, attempts] of users) {
        users.set(
          user,
          attempts.filter(({ outcome }) => outcome === "pending")
        )
      }
    },
    mayLatch: (user, password) => latched(of(user), password),
    pause: (user) => 1.25 * pauseAfter(of(user))
  }
}
