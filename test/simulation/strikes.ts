/**
 * What an observer on the road knows of the logins, and which of them put a user at risk of being locked.
 */
import type { Outcome, Process, Sending } from "./ledger.js"
import type { Decision } from "./platform.js"

/** What the pipeline could conclude of a login. */
type Conclusion = "pending" | "refused" | "uncertain" | "not judged" | "token refused" | "succeeded"

interface Attempt {
  readonly sending: Sending
  /** By the steady clock. */
  readonly at: number
  conclusion: Conclusion
  endedAt: number
  /** When the next may be sent, where the platform has said so in time. */
  retryAt: number
  isLate: boolean
}

/** What the observer knows of one user's logins, as far as those who send them remember in common. */
interface History {
  /** Since the last that succeeded. */
  attempts: Array<Attempt>
  /** The passwords that an answer has refused. */
  readonly refused: Set<string>
  /** When the platform has refused one, in a row. */
  row: Array<number>
}

/** Logins, and which of them put the user at risk. */
export interface Strikes {
  readonly sent: (sending: Sending) => void
  readonly decided: (sending: Sending, decision: Decision) => void
  readonly ended: (sending: Sending, outcome: Outcome) => void
  /** An answer to a logout, which may have been sent to see whether the session service is there. */
  readonly probed: (sending: Sending, outcome: Outcome) => void
  readonly reset: () => void
  /** Whether the guard is right to refuse this password for good. */
  readonly mayLatch: (line: Sending["line"], user: string, password: string) => boolean
  /** By the steady clock: until when at most the guard may hold the next login back. */
  readonly pausedUntil: (line: Sending["line"], user: string) => number
  /** How many attempts since the last success may have been refused. */
  readonly count: (line: Sending["line"], user: string) => number
  /** Refused logins that looked as if nobody had judged them, which is assumed not to happen. */
  readonly hidden: () => number
}

const second = 1000
const minute = 60 * second

/** So many refusals in a row lock a user. */
const limit = 5
/** The documented pauses after the first, the second and the third strike, and after the fourth. */
const pauses: ReadonlyArray<number> = [2 * second, 30 * second, 5 * minute]
const longestPause = 30 * minute
/** A pause can be this much shorter, so that many processes do not end theirs together. */
const jitter = 0.75
/** Nobody waits longer for the answer to a login. */
const deadline = 10 * second
/** But somebody listens for so long. */
const listening = 2 * minute
const longestRetryAfter = 5 * minute

/** Any code of the session service's but those for a request that it could not read, or could not work on. */
const isRefusal = (body: string): boolean =>
  /"errorCode":"(?!([^"]*\.)?(UnexpectedError|RequestUndefined|InvalidCharacter|DeserializationFailed)")/.test(body)

/** The gateway's own words, and those of whoever stands before it: what they answer has reached no session service. */
const isUnjudged = (status: number, body: string): boolean =>
  status === 407 ||
  status === 511 ||
  (status >= 300 && status < 400) ||
  /"code":"(9008\d\d|9009\d\d|101503|303001)"/.test(body) ||
  (status === 429 && !/"errorCode"/.test(body))

const conclude = (outcome: Outcome): Conclusion => {
  if (outcome._tag !== "Answered") return "uncertain"
  const { body, status, whole } = outcome
  if (!whole) return "uncertain"
  if (status < 300 && /"sessionToken":"[^"]+"/.test(body)) return "succeeded"
  if (isRefusal(body)) return "refused"
  if (status >= 400 && /"code":"9009(01|02|03|04)"/.test(body)) return "token refused"
  return isUnjudged(status, body) ? "not judged" : "uncertain"
}

const retryAfter = (outcome: Outcome): number => {
  const seconds = outcome._tag === "Answered" ? Number(outcome.retryAfter ?? 0) : 0
  return Math.min(longestRetryAfter, seconds * second)
}

/** The session service answers as itself: with a refusal of its own, or as to a logout that it has carried out. */
const isAlive = (outcome: Outcome): boolean => {
  if (outcome._tag !== "Answered" || !outcome.whole) return false
  const { body, status } = outcome
  if (/"errorCode":"/.test(body)) return status < 500 && status !== 429 && status !== 408 && isRefusal(body)
  return status < 300 && (body === "" || /"sessionToken":"/.test(body))
}

export const make = (isShared: boolean, now: () => number, violate: (text: string) => void): Strikes => {
  const histories = new Map<string, History>()
  /** When the session service has last answered a logout as itself, to whom. */
  const probes = new Map<Process, number>()
  let hidden = 0

  /** Without a store each process remembers for itself. */
  const of = ({ layers }: Sending["line"], user: string | undefined): History => {
    const key = `${isShared ? "all" : layers.process.id} ${user}`
    const known = histories.get(key)
    if (known !== undefined) return known
    const history: History = { attempts: [], refused: new Set(), row: [] }
    histories.set(key, history)
    return history
  }
  const find = (sending: Sending): Attempt | undefined =>
    of(sending.line, sending.user).attempts.find((one) => one.sending === sending)

  /** One that is under way counts already: whoever sends it may not live to see what comes of it. */
  const isStrike = ({ conclusion }: Attempt): boolean =>
    conclusion === "pending" || conclusion === "refused" || conclusion === "uncertain"
  const strikesOf = ({ attempts }: History): ReadonlyArray<Attempt> => attempts.filter(isStrike)

  const pauseOf = (strikes: ReadonlyArray<Attempt>): number =>
    strikes.at(-1)?.conclusion === "refused" ? 0 : (pauses[strikes.length - 1] ?? longestPause)

  const isSpent = (history: History): boolean => {
    const strikes = strikesOf(history)
    return strikes.length >= limit - 1 && strikes.some(({ conclusion }) => conclusion === "refused")
  }

  const isLatched = (history: History, password: string | undefined): boolean =>
    (password !== undefined && history.refused.has(password)) || isSpent(history)

  /** How many in a row, up to the last, were not judged, as far as somebody still waited to hear that. */
  const unjudged = ({ attempts }: History): ReadonlyArray<Attempt> => {
    const heard = attempts.filter(({ isLate }) => !isLate)
    const other = [...heard].reverse().findIndex(({ conclusion }) => conclusion !== "not judged")
    return other < 0 ? heard : heard.slice(heard.length - other)
  }

  const checkPause = (history: History): void => {
    const strikes = strikesOf(history)
    const last = strikes.at(-1)
    if (last === undefined) return
    if (strikes.length >= limit - 1) {
      if (now() < last.at + longestPause) violate("a fifth strike is risked within half an hour of the fourth")
    } else if (now() < last.at + jitter * pauseOf(strikes)) {
      violate(`a login is sent before the pause after strike ${strikes.length} is over`)
    }
  }

  const checkProbe = (history: History, process: Process): void => {
    const last = strikesOf(history).at(-1)
    if (last === undefined || last.conclusion === "refused" || (probes.get(process) ?? -1) >= last.at) return
    violate("a login is sent after trouble without a probe")
  }

  const checkThrottling = (history: History, sending: Sending): void => {
    const silent = unjudged(history).filter(
      ({ sending: { line } }) => line.layers.process === sending.line.layers.process
    )
    const last = silent.at(-1)
    if (last === undefined) return
    const pause = jitter * Math.min(30 * second, second * 2 ** (silent.length - 1))
    if (now() < last.retryAt) violate("a login is sent before Retry-After is over")
    else if (last.retryAt <= last.endedAt && now() < last.endedAt + pause) {
      violate("a login that was not judged is repeated too soon")
    }
  }

  const refusedAtPlatform = (history: History): void => {
    history.row = [...history.row, now()]
    const [first] = history.row.slice(-limit)
    if (history.row.length >= limit && first !== undefined && now() - first <= longestPause) {
      violate("five logins in a row are refused within half an hour")
    }
  }

  return {
    sent: (sending) => {
      const { line, password, user } = sending
      const history = of(line, user)
      if (password !== undefined && history.refused.has(password)) violate("a refused password is sent again")
      else if (isSpent(history)) violate("a login is sent that the latch forbids")
      const process = line.layers.process
      const other = history.attempts.find(
        (one) =>
          one.conclusion === "pending" && one.sending.line.layers.process === process && now() < one.at + deadline
      )
      if (other !== undefined) violate("two logins are under way")
      else {
        checkPause(history)
        checkProbe(history, process)
        checkThrottling(history, sending)
      }
      history.attempts.push({ sending, at: now(), conclusion: "pending", endedAt: 0, retryAt: 0, isLate: false })
    },
    decided: (sending, { answer, delivered }) => {
      if (answer === undefined) return
      const history = of(sending.line, sending.user)
      if (answer.status === 200 && /"sessionToken":"[^"]+"/.test(answer.body)) history.row = []
      if (!isRefusal(answer.body)) return
      const looksUnjudged =
        delivered !== answer && delivered !== undefined && isUnjudged(delivered.status, delivered.body)
      if (looksUnjudged) hidden += 1
      else refusedAtPlatform(history)
    },
    ended: (sending, outcome) => {
      const attempt = find(sending)
      const history = of(sending.line, sending.user)
      const conclusion = conclude(outcome)
      const { layers } = sending.line
      const isListening = layers.process.isAlive && !layers.isClosing
      if (outcome._tag === "Interrupted" && isListening && now() < sending.at + listening) {
        violate("a login is given up before its answer has come")
      }
      if (conclusion === "refused" && sending.password !== undefined && layers.process.isAlive) {
        history.refused.add(sending.password)
      }
      if (attempt !== undefined) {
        attempt.conclusion = conclusion
        attempt.endedAt = now()
        attempt.isLate = now() >= sending.at + deadline
        attempt.retryAt = attempt.isLate ? 0 : now() + retryAfter(outcome)
      }
      if (conclusion === "succeeded" && layers.process.isAlive) {
        // One that was sent after it may have been refused since.
        history.attempts = history.attempts.filter(({ at }) => at > sending.at)
        if (sending.password !== undefined) history.refused.delete(sending.password)
      }
    },
    probed: ({ line }, outcome) => {
      if (isAlive(outcome)) probes.set(line.layers.process, now())
    },
    reset: () => {
      for (const history of histories.values()) {
        history.attempts = history.attempts.filter(({ conclusion }) => conclusion === "pending")
        history.refused.clear()
        history.row = []
      }
    },
    mayLatch: (line, user, password) => isLatched(of(line, user), password),
    pausedUntil: (line, user) => {
      const history = of(line, user)
      const strikes = strikesOf(history)
      const last = strikes.at(-1)
      const silent = unjudged(history).at(-1)
      return Math.max(
        last === undefined ? 0 : Math.max(last.at, last.endedAt) + pauseOf(strikes),
        silent === undefined ? 0 : silent.retryAt
      )
    },
    count: (line, user) => strikesOf(of(line, user)).length,
    hidden: () => hidden
  }
}
