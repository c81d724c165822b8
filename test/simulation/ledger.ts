/**
 * What an observer on the road knows of the credentials, and which requests no correct pipeline would send.
 */
import type { Decision } from "./platform.js"
import type { Setup } from "./program.js"
import * as Strikes from "./strikes.js"

/** One process of the program's: it dies without a word, or when the program ends. */
export interface Process {
  readonly id: number
  isAlive: boolean
}

/** A pipeline's layers, which share an access token. */
export interface Layers {
  readonly process: Process
  readonly lines: Array<Line>
  isClosing: boolean
  isClosed: boolean
  readonly token: Slot
  /** When an API has refused a credential, by the steady clock. */
  readonly refusals: Array<{ readonly api: string; readonly at: number }>
  readonly handedBack: Map<string, number>
  readonly requests: TokenRequests
}

/** What belongs to one user of the pipeline's. */
export interface Line {
  readonly layers: Layers
  readonly session: Slot
  /** Whom its credentials have named so far. */
  readonly users: Set<string>
}

/** What is held of one kind of credential. */
interface Slot {
  readonly kind: "token" | "session"
  held: Credential | undefined
  /** How many ends of it the program has asked for that are under way. */
  forgetting: number
  /** What it knows to be dead. */
  readonly dead: Map<string, Death>
  /** When credentials were asked for that mended nothing. */
  unhealed: ReadonlyArray<number>
}

/** How the latest requests for a token ended, since one succeeded. */
interface TokenRequests {
  failures: number
  endedAt: number
  retryAt: number
  /** The pair of key and secret that was refused last, and how often in a row. */
  refused: { readonly basic: string | undefined; readonly times: number } | undefined
  /** A lost connection may be tried again at once, one time. */
  mayRepeat: boolean
}

/** One request as it left the pipeline, and what came of it. */
export interface Sending {
  readonly line: Line
  readonly kind: "token" | "revoke" | "login" | "logout" | "api"
  readonly url: URL
  readonly call: string | undefined
  readonly bearer: string | undefined
  readonly session: string | undefined
  /** The key and secret, as they were sent. */
  readonly basic: string | undefined
  /** What it says of the user who logs in. */
  readonly user: string | undefined
  readonly password: string | undefined
  /** Milliseconds of the steady clock, and of the wall clock. */
  readonly at: number
  readonly wall: number
  decision: Decision | undefined
  /** What the pipeline has seen of it; `undefined` while it is under way. */
  outcome: Outcome | undefined
}

export type Outcome =
  | {
      readonly _tag: "Answered"
      readonly status: number
      readonly body: string
      readonly retryAfter: string | undefined
      readonly whole: boolean
    }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Interrupted" }

interface Credential {
  readonly secret: string
  /** When it was asked for, by the steady clock. */
  readonly askedAt: number
  /** The APIs that have refused the one before, which have not answered to this one yet. */
  readonly trials: Set<string>
  /** The APIs that have refused this one. */
  readonly refusedBy: Set<string>
  /** By the wall clock: from when the pipeline must not send it any more. */
  expiresAt: number
  /** It may have been found expired, or the program has asked for its end. */
  gone: boolean
  /** By the steady clock: when an answer was seen that may refuse it. */
  refusedAt?: number
  /** Its renewal ahead of time has been tried. */
  tried: boolean
  /** The request that may have been that renewal. */
  renewal?: Sending
  /**
   * By the steady clock: when it came as a renewal, in the moment in which its predecessor was refused, which has a
   * renewal discarded.
   */
  discardedAt?: number | undefined
  /** By the steady clock: when it was handed back although it had been refused. */
  readonly handedBackAt?: number | undefined
}

interface Death {
  /** By the steady clock. */
  readonly seenAt: number
  /** Whether the pipeline may send it all the same. */
  readonly excused: boolean
}

/**
 * What an observer on the road knows, and what follows from it: which requests no correct pipeline sends.
 *
 * It is written from the library's documentation and shares no code with it.
 */
export interface Ledger {
  readonly process: () => Process
  readonly layers: (process: Process) => Layers
  readonly line: (layers: Layers) => Line
  readonly sent: (sending: Sending) => void
  readonly decided: (sending: Sending, decision: Decision) => void
  readonly ended: (sending: Sending, outcome: Outcome) => void
  /** The program asks for the end of a credential. */
  readonly forget: (line: Line, which: "token" | "session") => () => void
  /** A process dies: nobody sees what comes of its requests. */
  readonly killed: (process: Process) => void
  readonly resetGuard: () => void
  readonly jumped: (by: number) => void
  readonly strikes: Strikes.Strikes
  readonly sendings: ReadonlyArray<Sending>
  readonly secrets: ReadonlySet<string>
  readonly violations: ReadonlyArray<string>
  readonly violate: (text: string) => void
  readonly excused: () => number
}

/** Takes down a line of the story, where somebody wants to read it. */
export type Note = (line: () => string) => void

const second = 1000
const minute = 60 * second

const idleTimeout = 20 * minute
/** No authentication call is waited for any longer. */
const deadline = 10 * second
/** How long the documentation lets an API that refuses whatever is sent hold the pipeline back, and this long again. */
const brake = 125 * second
/** How long refusals of a token that was handed back may not be acted on, and how long they are not at least. */
const patience = minute
const leastPatience = 187
/** Seconds that a token has left when it may be handed out for longer than it lives. */
const nearItsEnd = 2
/** A session is taken before the access token, whose acquisition may then take its time. */
const waitForToken = 45 * second
/** Renewals in a minute that mend nothing. */
const affordable = 3
/** A pause can be this much shorter. */
const jitter = 0.75
const longestRetryAfter = 5 * minute

const allowed = new Map([
  ["https://thingspace.verizon.com", "vz-m2m-token"],
  ["https://5gedge.verizon.com", "vz-m2m-token"],
  ["https://imp.thingspace.verizon.com", "sessiontoken"]
])

/** The API that a URL belongs to: its origin and the first three segments of its path. */
const apiOf = (url: URL): string => url.origin + url.pathname.split("/").slice(0, 4).join("/")

const refusesToken = (status: number, body: string): boolean =>
  status >= 400 && (/9009(00|01|02|03|04)\b/.test(body) || /UWS V1 REST accounts: \[401\]/.test(body))

/** Vehicle messaging has no documented words for it: a 401 of its own may mean either. */
const refusesSession = (status: number, body: string): boolean =>
  status >= 400 && /\.SessionToken\.|The Session has expired|UWS V1 REST accounts: \[400\]|INVALID_ACCOUNT/.test(body)

const issued = (body: string, field: "access_token" | "sessionToken"): string | undefined =>
  new RegExp(`"${field}":"([^"]+)"`).exec(body)?.[1]

export const make = (
  setup: Setup,
  now: { readonly steady: () => number; readonly wall: () => number },
  note: Note
): Ledger => {
  const sendings: Array<Sending> = []
  const violations: Array<string> = []
  const secrets = new Set<string>()
  /** Whose session it is. */
  const owners = new Map<string, string>()
  const expiries = new Map<string, number>()
  /** By the steady clock. */
  const arrivals = new Map<string, number>()
  let processes = 0
  let jumps = 0
  let excused = 0
  let alive: ReadonlyArray<Line> = []

  const violate = (text: string): void => {
    violations.push(text)
    note(() => `VIOLATION ${text}`)
  }
  /** What a probe makes up is another at each run. */
  const nameOf = (secret: string | undefined): string =>
    secret === undefined || secrets.has(secret) ? `${secret?.slice(0, 6)}` : "made up"
  const strikes = Strikes.make(setup.store, now.steady, violate)

  const slot = (kind: Slot["kind"]): Slot => ({ kind, held: undefined, forgetting: 0, dead: new Map(), unhealed: [] })

  /** What has not been answered in time is not waited for. */
  const underWay = ({ line: { layers } }: Sending): number =>
    sendings.filter(
      ({ at, kind, line, outcome }) =>
        kind === "token" && line.layers === layers && outcome === undefined && now.steady() < at + deadline
    ).length

  /** For a moment, the refusals of what was handed back are not acted on. */
  const isKept = ({ handedBackAt }: Credential): boolean =>
    handedBackAt !== undefined && now.steady() - handedBackAt < leastPatience

  const isJustified = (credential: Credential | undefined, sending: Sending, ahead: number): boolean => {
    if (credential === undefined) return true
    if (now.wall() >= credential.expiresAt) {
      // What has once been found expired is gone, whatever the clock says later.
      credential.gone = true
      return true
    }
    if (!credential.tried && now.wall() >= credential.expiresAt - ahead) {
      credential.tried = true
      credential.renewal = sending
      return true
    }
    if (credential.gone || (credential.refusedAt !== undefined && !isKept(credential))) return true
    const discarded = credential.discardedAt === now.steady()
    credential.discardedAt = undefined
    return discarded
  }

  const checkOrigin = ({ bearer, session, url }: Sending, text: string): void => {
    const header = allowed.get(url.origin)
    if (
      header === undefined &&
      (bearer !== undefined || session !== undefined || [...secrets].some((one) => text.includes(one)))
    ) {
      violate(`a credential is sent to ${url.origin}`)
    }
  }

  const checkAlive = ({ dead, kind: which }: Slot, secret: string | undefined): void => {
    const death = secret === undefined ? undefined : dead.get(secret)
    if (death === undefined || now.steady() <= death.seenAt) return
    if (death.excused) excused += 1
    else violate(`a ${which} is sent that the platform has refused`)
  }

  const checkFresh = (which: "token" | "session", secret: string | undefined, slack: number): void => {
    const expiresAt = secret === undefined ? undefined : expiries.get(secret)
    // One that comes too late is sent all the same, by those who have waited for it: another would come no sooner.
    const justGot = secret !== undefined && arrivals.get(secret) === now.steady()
    if (jumps === 0 && !justGot && expiresAt !== undefined && now.wall() >= expiresAt + slack) {
      violate(`a ${which} is sent that is known to have expired`)
    }
  }

  /** The first failure costs nothing; from the second in a row there is a pause, and after a refusal of this very pair. */
  const checkTokenPause = ({ basic, line: { layers } }: Sending): void => {
    const { endedAt, failures, mayRepeat, refused, retryAt } = layers.requests
    if (mayRepeat && now.steady() === endedAt) return
    // A renewal that is answered in the moment in which its predecessor is refused is discarded, and its answer with it.
    if (layers.token.held?.refusedAt === now.steady() && now.steady() === endedAt) return
    if (now.steady() < retryAt) {
      violate("a token is asked for before Retry-After is over")
      return
    }
    const isSame = refused !== undefined && refused.basic === basic
    if (refused !== undefined && !isSame) return
    const pause = isSame ? Math.min(60, 2 ** (refused.times - 1)) : failures < 2 ? 0 : Math.min(30, 2 ** (failures - 2))
    if (now.steady() < endedAt + jitter * pause * second) {
      violate(isSame ? "a refused secret is sent again too soon" : "a token is asked for again too soon")
    }
  }

  const tokenEnded = ({ at, basic, line: { layers } }: Sending, outcome: Outcome): void => {
    const { requests } = layers
    // Its predecessor was refused, or the layer has closed: who would have heard that it failed?
    if (outcome._tag === "Interrupted" && now.steady() < at + deadline) return
    const isSuccess = outcome._tag === "Answered" && outcome.whole && issued(outcome.body, "access_token") !== undefined
    if (isSuccess) {
      requests.failures = 0
      requests.retryAt = 0
      requests.refused = undefined
      requests.mayRepeat = false
      return
    }
    const isRefusal = outcome._tag === "Answered" && outcome.whole && /"invalid_client"/.test(outcome.body)
    const seconds = outcome._tag === "Answered" && outcome.whole ? Number(outcome.retryAfter ?? 0) : 0
    const { refused } = requests
    // The repetition at once of what was lost belongs to the same failure.
    const isLost = outcome._tag === "Failed" || (outcome._tag === "Answered" && !outcome.whole)
    if (!(requests.mayRepeat && isLost)) requests.failures += 1
    requests.mayRepeat = isLost && !requests.mayRepeat
    requests.endedAt = now.steady()
    requests.retryAt = now.steady() + Math.min(longestRetryAfter, seconds * second)
    requests.refused = isRefusal
      ? { basic, times: refused !== undefined && refused.basic === basic ? refused.times + 1 : 1 }
      : undefined
  }

  const checkNeed = (sending: Sending): void => {
    const { layers, session } = sending.line
    if (sending.kind === "token") {
      if (underWay(sending) > 1) violate("two token requests are under way")
      if (!isJustified(layers.token.held, sending, setup.refreshMargin))
        violate("a token is asked for while the one that is held is good")
      checkTokenPause(sending)
    }
    if (sending.kind === "login") {
      // They close one after the other.
      if (layers.isClosing && layers.lines.at(-1) === sending.line) violate("a login is made while the layer closes")
      if (!isJustified(session.held, sending, 0)) violate("a login is made while the session that is held is good")
      strikes.sent(sending)
    }
  }

  const checkOwner = ({ line, session }: Sending): void => {
    const owner = session === undefined ? undefined : owners.get(session)
    if (owner !== undefined && !line.users.has(owner)) violate("a session of another user is sent")
  }

  /** A call is sent again at most once for each credential, and never with what it was refused with. */
  const checkResend = (sending: Sending): void => {
    const before = sendings.filter((one) => one !== sending && one.call !== undefined && one.call === sending.call)
    if (before.length > 2) violate(`call ${sending.call} is sent a ${before.length + 1}th time`)
    if (before.some(({ bearer, session }) => bearer === sending.bearer && session === sending.session)) {
      violate(`call ${sending.call} is sent again with the same credentials`)
    }
  }

  const doubt = (slot: Slot, secret: string | undefined, api: string): void => {
    const { held, kind } = slot
    if (held === undefined || held.secret !== secret) return
    held.refusedAt = now.steady()
    held.refusedBy.add(api)
    if (!held.trials.delete(api)) return
    // The renewal has mended nothing.
    slot.unhealed = [...slot.unhealed.filter((at) => at > held.askedAt - minute), held.askedAt]
    if (slot.unhealed.length > affordable) violate(`a ${kind} is renewed in vain a fourth time within a minute`)
  }

  /** The documentation lets the pipeline keep what it was given back, and wait for an API that refuses everything. */
  const isExcused = ({ layers }: Line, { kind, unhealed }: Slot, secret: string, api: string): boolean => {
    const returned = kind === "token" ? layers.handedBack.get(secret) : undefined
    const isReturned = returned !== undefined && now.steady() - returned <= patience
    const isCapped = unhealed.length >= affordable && now.steady() - (unhealed.at(-affordable) ?? 0) <= minute
    // A refusal in this very moment is the one in question.
    const isHeldBack = layers.refusals.some(
      ({ api: by, at }) => by === api && at < now.steady() && now.steady() - at <= brake
    )
    return isReturned || isCapped || isHeldBack
  }

  const bury = (line: Line, slot: Slot, secret: string | undefined, api: string): void => {
    if (secret === undefined || slot.dead.get(secret)?.excused === false) return
    const excused = isExcused(line, slot, secret, api)
    slot.dead.set(secret, { seenAt: now.steady(), excused })
    note(() => `${slot.kind} ${nameOf(secret)} is known to be dead${excused ? ", and may be kept for a while" : ""}`)
  }

  const refused = (sending: Sending, status: number, body: string): void => {
    const { bearer, decision, line, session } = sending
    const genuine = decision?.mishap === undefined
    const api = apiOf(sending.url)
    const refusesThe = { token: refusesToken(status, body), session: refusesSession(status, body) }
    if (genuine && refusesThe.token) bury(line, line.layers.token, bearer, api)
    if (genuine && refusesThe.session) bury(line, line.session, session, api)
    if (refusesThe.token || refusesThe.session || status === 401) line.layers.refusals.push({ api, at: now.steady() })
    if (refusesThe.token || status === 401) doubt(line.layers.token, bearer, api)
    if (refusesThe.session || status === 401) doubt(line.session, session, api)
  }

  const gotToken = (secret: string, lifetime: number, sending: Sending): void => {
    const { layers } = sending.line
    const expiresAt = sending.wall + lifetime * second
    const before = layers.token.held
    const isSame = before !== undefined && before.secret === secret
    if (isSame && (before.gone || before.refusedAt !== undefined)) layers.handedBack.set(secret, now.steady())
    // One that is handed out at its end, in whole seconds, may be kept: the platform has nothing better.
    expiries.set(secret, lifetime === 0 ? Number.POSITIVE_INFINITY : Math.max(expiresAt, expiries.get(secret) ?? 0))
    arrivals.set(secret, now.steady())
    const isRenewal = before?.renewal === sending
    const wasRefused = before?.refusedAt !== undefined && !before.gone
    const triedAlready = isSame && before.tried && !before.gone && !wasRefused && now.wall() < before.expiresAt
    // Refused after it was asked for, and before it came: the pipeline asks for another.
    const wasOvertaken = isSame && before.refusedAt !== undefined && before.refusedAt >= sending.at
    // Refused, and about to end: the pipeline goes on asking for its successor.
    const isEnding = isSame && (wasRefused || before.gone) && lifetime <= nearItsEnd
    layers.token.held = {
      secret,
      askedAt: sending.at,
      trials: new Set(before?.refusedBy),
      refusedBy: new Set(),
      expiresAt,
      ...(wasOvertaken ? { refusedAt: before.refusedAt } : {}),
      gone: layers.token.forgetting > 0 || isEnding,
      tried: triedAlready || now.wall() >= expiresAt - setup.refreshMargin,
      discardedAt: isRenewal && before.refusedAt === now.steady() ? now.steady() : undefined,
      handedBackAt: isSame && wasRefused && !isRenewal ? now.steady() : undefined
    }
  }

  const accepted = ({ bearer, line, session, url, wall }: Sending): void => {
    const { token } = line.layers
    const api = apiOf(url)
    if (token.held !== undefined && token.held.secret === bearer) token.held.trials.delete(api)
    if (session === undefined) return
    const expiresAt = wall + idleTimeout
    expiries.set(session, Math.max(expiresAt, expiries.get(session) ?? 0))
    const { held } = line.session
    if (held === undefined || held.secret !== session) return
    held.trials.delete(api)
    // Somebody may have found it idled out before this answer came, and wait for a token to log in with.
    if (now.wall() >= held.expiresAt) held.gone = true
    held.expiresAt = Math.max(expiresAt, held.expiresAt)
  }

  const gotSession = (secret: string, sending: Sending): void => {
    const { session } = sending.line
    const before = session.held
    expiries.set(secret, sending.wall + idleTimeout)
    arrivals.set(secret, now.steady())
    // One that comes too late to be waited for does not replace one that was asked for after it.
    if (before !== undefined && before.askedAt > sending.at && before.refusedAt === undefined && !before.gone) return
    session.held = {
      secret,
      askedAt: sending.at,
      trials: new Set(before?.refusedBy),
      refusedBy: new Set(),
      expiresAt: sending.wall + idleTimeout,
      gone: session.forgetting > 0,
      tried: true
    }
  }

  const learn = (sending: Sending, status: number, body: string): void => {
    if (status >= 400) refused(sending, status, body)
    else if (sending.kind === "token") {
      const secret = issued(body, "access_token")
      const lifetime = /"expires_in":(\d+)/.exec(body)?.[1]
      if (secret !== undefined) gotToken(secret, Number(lifetime ?? Number.POSITIVE_INFINITY), sending)
    } else if (sending.kind === "login") {
      const secret = issued(body, "sessionToken")
      if (secret !== undefined) gotSession(secret, sending)
    } else if (sending.kind === "api") {
      accepted(sending)
    }
  }

  const ended = (sending: Sending, outcome: Outcome): void => {
    if (sending.outcome !== undefined) return
    sending.outcome = outcome
    const { _tag } = outcome
    const { kind, line } = sending
    note(() => `${kind} ${_tag === "Answered" ? `answered ${outcome.status}` : _tag}`)
    if (kind === "login") strikes.ended(sending, outcome)
    if (!line.layers.process.isAlive) return
    if (kind === "logout") strikes.probed(sending, outcome)
    if (kind === "token") tokenEnded(sending, outcome)
    if (outcome._tag !== "Answered") return
    // What a login says so late of its access token helps nobody.
    if (kind === "login" && outcome.status >= 400 && now.steady() >= sending.at + deadline) return
    if (outcome.whole) learn(sending, outcome.status, outcome.body)
    else if (kind === "api" && outcome.status < 400) accepted(sending)
    else if (outcome.status >= 400) {
      // Half a refusal may say enough.
      doubt(line.layers.token, sending.bearer, apiOf(sending.url))
      doubt(line.session, sending.session, apiOf(sending.url))
    }
  }

  return {
    sendings,
    violations,
    secrets,
    violate,
    strikes,
    excused: () => excused,
    process: () => ({ id: processes++, isAlive: true }),
    layers: (process) => ({
      process,
      lines: [],
      isClosing: false,
      isClosed: false,
      token: slot("token"),
      refusals: [],
      handedBack: new Map(),
      requests: { failures: 0, endedAt: 0, retryAt: 0, refused: undefined, mayRepeat: false }
    }),
    line: (layers) => {
      const line: Line = { layers, session: slot("session"), users: new Set() }
      layers.lines.push(line)
      alive = [...alive.filter(({ layers: { isClosed, process } }) => process.isAlive && !isClosed), line]
      return line
    },
    sent: (sending) => {
      sendings.push(sending)
      const { bearer, kind, line, session, url } = sending
      note(() => `${kind} ${url.href} with ${nameOf(bearer)} ${nameOf(session)}`)
      checkOrigin(sending, url.href)
      if (line.layers.isClosed && kind !== "logout" && kind !== "revoke") {
        violate(`${kind} is sent after the layer has closed`)
      }
      checkNeed(sending)
      if (kind === "api" || kind === "login") {
        checkAlive(line.layers.token, bearer)
        checkFresh("token", bearer, 0)
      }
      if (kind === "api") {
        if (bearer === undefined || session === undefined) violate("an API call lacks a credential")
        checkResend(sending)
        checkOwner(sending)
        checkAlive(line.session, session)
        checkFresh("session", session, waitForToken)
      }
    },
    decided: (sending, decision) => {
      sending.decision = decision
      const body = decision.answer?.body ?? ""
      for (const field of ["access_token", "sessionToken"] as const) {
        const secret = issued(body, field)
        if (secret === undefined) continue
        secrets.add(secret)
        if (field === "sessionToken" && sending.kind === "login") owners.set(secret, sending.user ?? "")
      }
      if (sending.kind === "login") strikes.decided(sending, decision)
    },
    ended,
    killed: (process) => {
      process.isAlive = false
      for (const sending of sendings) {
        if (sending.line.layers.process === process) ended(sending, { _tag: "Interrupted" })
      }
    },
    forget: (line, which) => {
      const slot = which === "token" ? line.layers.token : line.session
      slot.forgetting += 1
      if (slot.held !== undefined) slot.held.gone = true
      return () => {
        slot.forgetting -= 1
      }
    },
    resetGuard: strikes.reset,
    jumped: (by) => {
      for (const { held } of alive.flatMap(({ layers, session }) => [layers.token, session])) {
        // Somebody may have found it expired before, whose request for another failed before it was sent.
        if (held !== undefined && now.wall() - by >= held.expiresAt) held.gone = true
      }
      jumps += 1
    }
  }
}
