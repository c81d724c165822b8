/**
 * What an observer on the road knows of the credentials, and which requests no correct pipeline would send.
 */
import type { Decision } from "./platform.js"
import type { Setup } from "./program.js"
import * as Strikes from "./strikes.js"

/** One request as it left the pipeline, and what came of it. */
export interface Sending {
  readonly kind: "token" | "revoke" | "login" | "logout" | "api"
  readonly url: URL
  readonly call: string | undefined
  readonly bearer: string | undefined
  readonly session: string | undefined
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
  | { readonly _tag: "Answered"; readonly status: number; readonly body: string; readonly whole: boolean }
  | { readonly _tag: "Failed" }
  | { readonly _tag: "Interrupted" }

interface Credential {
  readonly secret: string
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
  readonly sent: (sending: Sending) => void
  readonly decided: (sending: Sending, decision: Decision) => void
  readonly ended: (sending: Sending, outcome: Outcome) => void
  /** The program asks for the end of a credential. */
  readonly forget: (which: "token" | "session") => () => void
  readonly resetGuard: () => void
  readonly jumped: (by: number) => void
  /** By how much the wall clock has been set back in all: pauses that it measures last so much longer. */
  readonly setBack: () => number
  readonly closing: () => void
  readonly closed: () => void
  readonly strikes: Strikes.Strikes
  readonly sendings: ReadonlyArray<Sending>
  readonly secrets: ReadonlySet<string>
  readonly violations: ReadonlyArray<string>
  readonly violate: (text: string) => void
  readonly excused: () => number
}

/** Takes down a line of the story, where somebody wants to read it. */
export type Note = (line: () => string) => void

const idleTimeout = 20 * 60_000
/** How long the documentation lets an API that refuses whatever is sent hold the pipeline back. */
const brake = 125_000
/** How long refusals of a token that was handed back after a refusal are not acted on. */
const patience = 60_000
/** A session is taken before the access token, whose acquisition may then take its time. */
const waitForToken = 45_000

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
  const dead = new Map<string, Death>()
  /** When an API has refused a credential, by the steady clock. */
  const refusals: Array<{ readonly api: string; readonly at: number }> = []
  const handedBack = new Map<string, number>()
  const forgetting = { token: 0, session: 0 }
  const held: { token: Credential | undefined; session: Credential | undefined } = {
    token: undefined,
    session: undefined
  }
  const expiries = new Map<string, number>()
  /** By the steady clock. */
  const arrivals = new Map<string, number>()
  let jumps = 0
  let setBack = 0
  let isClosing = false
  let isClosed = false
  let excused = 0

  const violate = (text: string): void => {
    violations.push(text)
    note(() => `VIOLATION ${text}`)
  }
  const strikes = Strikes.make(violate)

  const underWay = (kind: "token" | "login"): number =>
    sendings.filter((one) => one.kind === kind && one.outcome === undefined).length

  /** For a minute, the refusals of what was handed back are not acted on. */
  const isKept = ({ handedBackAt }: Credential): boolean =>
    jumps === 0 && handedBackAt !== undefined && now.steady() - handedBackAt < patience

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

  const checkAlive = (which: "token" | "session", secret: string | undefined): void => {
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

  const checkNeed = (sending: Sending): void => {
    if (sending.kind === "token") {
      if (underWay("token") > 1) violate("two token requests are under way")
      if (!isJustified(held.token, sending, setup.refreshMargin))
        violate("a token is asked for while the one that is held is good")
    }
    if (sending.kind === "login") {
      if (isClosing) violate("a login is made while the layer closes")
      if (underWay("login") > 1) violate("two logins are under way")
      if (!isJustified(held.session, sending, 0)) violate("a login is made while the session that is held is good")
      strikes.sent(sending, jumps === 0 ? now.wall() : undefined)
    }
  }

  /** A call is sent again at most once for each credential, and never with what it was refused with. */
  const checkResend = (sending: Sending): void => {
    const before = sendings.filter((one) => one !== sending && one.call !== undefined && one.call === sending.call)
    if (before.length > 2) violate(`call ${sending.call} is sent a ${before.length + 1}th time`)
    if (before.some(({ bearer, session }) => bearer === sending.bearer && session === sending.session)) {
      violate(`call ${sending.call} is sent again with the same credentials`)
    }
  }

  const doubt = (which: "token" | "session", secret: string | undefined): void => {
    const credential = held[which]
    if (credential === undefined || credential.secret !== secret) return
    credential.refusedAt = now.steady()
  }

  /** The documentation lets the pipeline keep what it was given back, and wait for an API that refuses everything. */
  const isExcused = (secret: string, api: string): boolean => {
    const returned = handedBack.get(secret)
    const isReturned = returned !== undefined && (jumps > 0 || now.steady() - returned <= patience)
    // A refusal in this very moment is the one in question.
    return (
      isReturned || refusals.some(({ api: by, at }) => by === api && at < now.steady() && now.steady() - at <= brake)
    )
  }

  const bury = (which: "token" | "session", secret: string | undefined, api: string): void => {
    if (secret === undefined || dead.get(secret)?.excused === false) return
    const excused = isExcused(secret, api)
    dead.set(secret, { seenAt: now.steady(), excused })
    note(() => `${which} ${secret.slice(0, 6)} is known to be dead${excused ? ", and may be kept for a while" : ""}`)
  }

  const refused = (sending: Sending, status: number, body: string): void => {
    const genuine = sending.decision?.mishap === undefined
    const api = apiOf(sending.url)
    const token = refusesToken(status, body)
    const session = refusesSession(status, body)
    if (genuine && token) bury("token", sending.bearer, api)
    if (genuine && session) bury("session", sending.session, api)
    if (token || session || status === 401) refusals.push({ api, at: now.steady() })
    if (token || status === 401) doubt("token", sending.bearer)
    if (session || status === 401) doubt("session", sending.session)
  }

  const gotToken = (secret: string, lifetime: number, sending: Sending): void => {
    const expiresAt = sending.wall + lifetime * 1000
    const before = held.token
    const isSame = before !== undefined && before.secret === secret
    if (isSame && (before.gone || before.refusedAt !== undefined)) handedBack.set(secret, now.steady())
    expiries.set(secret, Math.max(expiresAt, expiries.get(secret) ?? 0))
    arrivals.set(secret, now.steady())
    const isRenewal = before?.renewal === sending
    const wasRefused = before?.refusedAt !== undefined && !before.gone
    const triedAlready = isSame && before.tried && !before.gone && !wasRefused && now.wall() < before.expiresAt
    // Refused after it was asked for, and before it came: the pipeline asks for another.
    const wasOvertaken = isSame && before.refusedAt !== undefined && before.refusedAt >= sending.at
    held.token = {
      secret,
      expiresAt,
      ...(wasOvertaken ? { refusedAt: before.refusedAt } : {}),
      gone: forgetting.token > 0,
      tried: triedAlready || now.wall() >= expiresAt - setup.refreshMargin,
      discardedAt: isRenewal && before.refusedAt === now.steady() ? now.steady() : undefined,
      handedBackAt: isSame && wasRefused && !isRenewal ? now.steady() : undefined
    }
  }

  const accepted = ({ session, wall }: Sending): void => {
    if (session === undefined) return
    const expiresAt = wall + idleTimeout
    expiries.set(session, Math.max(expiresAt, expiries.get(session) ?? 0))
    if (held.session === undefined || held.session.secret !== session) return
    // Somebody may have found it idled out before this answer came, and wait for a token to log in with.
    if (now.wall() >= held.session.expiresAt) held.session.gone = true
    held.session.expiresAt = Math.max(expiresAt, held.session.expiresAt)
  }

  const gotSession = (secret: string, sending: Sending): void => {
    expiries.set(secret, sending.wall + idleTimeout)
    arrivals.set(secret, now.steady())
    held.session = { secret, expiresAt: sending.wall + idleTimeout, gone: forgetting.session > 0, tried: true }
  }

  const learn = (sending: Sending, status: number, body: string): void => {
    if (status >= 400) refused(sending, status, body)
    else if (sending.kind === "token") {
      const secret = issued(body, "access_token")
      const lifetime = Number(/"expires_in":(\d+)/.exec(body)?.[1] ?? 0)
      if (secret !== undefined) gotToken(secret, lifetime === 0 ? Number.POSITIVE_INFINITY : lifetime, sending)
    } else if (sending.kind === "login") {
      const secret = issued(body, "sessionToken")
      if (secret !== undefined) gotSession(secret, sending)
    } else if (sending.kind === "api") {
      accepted(sending)
    }
  }

  return {
    sendings,
    violations,
    secrets,
    violate,
    strikes,
    excused: () => excused,
    sent: (sending) => {
      sendings.push(sending)
      const { bearer, kind, session, url } = sending
      note(() => `${kind} ${url.href} with ${bearer?.slice(0, 6)} ${session?.slice(0, 6)}`)
      checkOrigin(sending, url.href)
      if (isClosed && kind !== "logout" && kind !== "revoke") violate(`${kind} is sent after the layer has closed`)
      checkNeed(sending)
      if (kind === "api" || kind === "login") {
        checkAlive("token", bearer)
        checkFresh("token", bearer, 0)
      }
      if (kind === "api") {
        if (bearer === undefined || session === undefined) violate("an API call lacks a credential")
        checkResend(sending)
        checkAlive("session", session)
        checkFresh("session", session, waitForToken)
      }
    },
    decided: (sending, decision) => {
      sending.decision = decision
      const body = decision.answer?.body ?? ""
      for (const field of ["access_token", "sessionToken"] as const) {
        const secret = issued(body, field)
        if (secret !== undefined) secrets.add(secret)
      }
      if (sending.kind === "login") strikes.decided(sending, decision)
    },
    ended: (sending, outcome) => {
      if (sending.outcome !== undefined) return
      sending.outcome = outcome
      const { _tag } = outcome
      note(() => `${sending.kind} ${_tag === "Answered" ? `answered ${outcome.status}` : _tag}`)
      if (sending.kind === "login") strikes.ended(sending, outcome, now.wall())
      if (outcome._tag !== "Answered") return
      if (outcome.whole) learn(sending, outcome.status, outcome.body)
      else if (sending.kind === "api" && outcome.status < 400) accepted(sending)
      else if (outcome.status >= 400) {
        // Half a refusal may say enough.
        doubt("token", sending.bearer)
        doubt("session", sending.session)
      }
    },
    forget: (which) => {
      forgetting[which] += 1
      const credential = held[which]
      if (credential !== undefined) credential.gone = true
      return () => {
        forgetting[which] -= 1
      }
    },
    resetGuard: strikes.reset,
    jumped: (by) => {
      for (const credential of [held.token, held.session]) {
        // Somebody may have found it expired before, whose request for another failed before it was sent.
        if (credential !== undefined && now.wall() - by >= credential.expiresAt) credential.gone = true
      }
      jumps += 1
      setBack += Math.max(0, -by)
    },
    setBack: () => setBack,
    closing: () => {
      isClosing = true
    },
    closed: () => {
      isClosed = true
    }
  }
}
