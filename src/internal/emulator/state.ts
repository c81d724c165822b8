import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import type { KnownDevice } from "./device.js"
import * as opaque from "./opaque.js"
import type { Settings } from "./settings.js"
import type { Answer } from "./wire.js"

/** Refused logins in a row that lock a user (page "Start Session"). */
const strikes = 5

/** A session, by its number of issue. */
interface Session {
  readonly n: number
  readonly username: string
  readonly usedAt: number
}

/** A listener that an account has registered. */
export interface Callback {
  readonly name: string
  readonly url: string
  readonly username: string
  readonly password: string
}

/** All that the platform remembers; times are milliseconds since the epoch. */
export interface State {
  readonly seed: number
  readonly issued: number
  readonly token: Option.Option<{ readonly value: string; readonly expiresAt: number }>
  readonly sessions: HashMap.HashMap<string, Session>
  readonly passwords: HashMap.HashMap<string, string>
  readonly refusals: HashMap.HashMap<string, number>
  readonly devices: ReadonlyArray<KnownDevice>
  /** The listeners of each account, oldest first. */
  readonly callbacks: HashMap.HashMap<string, ReadonlyArray<Callback>>
}

/** An answer and the state it leaves behind. */
export type Step = readonly [answer: Answer, state: State]

/** What is wrong with a session token, in the words of the Connectivity Management error codes. */
export type SessionProblem = "Format" | "Invalid" | "Expired"

/** The state of a platform to which nobody has spoken. */
export const initial = (settings: Settings, seed: number): State => ({
  seed,
  issued: 0,
  token: Option.none(),
  sessions: HashMap.empty(),
  passwords: HashMap.fromIterable(Object.entries(settings.users)),
  refusals: HashMap.empty(),
  devices: settings.devices,
  callbacks: HashMap.empty()
})

/** The access token that is valid at `now`. */
export const token = (state: State, now: number) => Option.filter(state.token, ({ expiresAt }) => now < expiresAt)

/** Hands out the valid access token, or issues one. */
export const issueToken = (settings: Settings, state: State, now: number) => {
  const issued = state.issued + 1
  const current = Option.getOrElse(token(state, now), () => ({
    value: opaque.hex(state.seed, issued),
    expiresAt: now + settings.tokenLifetime
  }))
  return [current, { ...state, issued, token: Option.some(current) }] as const
}

/** Forgets the access token, if it is the given one. */
export const revokeToken = (state: State, value: string): State => ({
  ...state,
  token: Option.filter(state.token, (current) => current.value !== value)
})

/** The session behind a token at `now`, or what is wrong with the token. */
export const session = (settings: Settings, state: State, value: string | undefined, now: number) => {
  if (value === undefined || value === "") {
    return Either.left<SessionProblem>("Format")
  }
  return Either.filterOrLeft(
    Either.fromOption(HashMap.get(state.sessions, value), (): SessionProblem => "Invalid"),
    ({ usedAt }) => now - usedAt < settings.sessionIdle,
    (): SessionProblem => "Expired"
  )
}

/** Starts a session for a user whose login was accepted. */
export const startSession = (settings: Settings, state: State, username: string, now: number) => {
  const n = state.issued + 1
  const value = opaque.guid(state.seed, n)
  const others = settings.singleSession
    ? HashMap.filter(state.sessions, (session) => session.username !== username)
    : state.sessions
  const next: State = {
    ...state,
    issued: n,
    sessions: HashMap.set(others, value, { n, username, usedAt: now }),
    refusals: HashMap.remove(state.refusals, username)
  }
  return [value, next] as const
}

/** Notes that a request in this session was accepted. */
export const touch = (state: State, value: string, now: number): State =>
  HashMap.has(state.sessions, value)
    ? { ...state, sessions: HashMap.modify(state.sessions, value, (session) => ({ ...session, usedAt: now })) }
    : state

/** Forgets a session. */
export const endSession = (state: State, value: string): State => ({
  ...state,
  sessions: HashMap.remove(state.sessions, value)
})

/** Lets every session be idle for too long. */
export const expireSessions = (state: State): State => ({
  ...state,
  sessions: HashMap.map(state.sessions, (session) => ({ ...session, usedAt: Number.NEGATIVE_INFINITY }))
})

/** The tokens of the sessions that are alive at `now`, oldest first. */
export const liveSessions = (settings: Settings, state: State, now: number): ReadonlyArray<string> =>
  HashMap.toEntries(HashMap.filter(state.sessions, ({ usedAt }) => now - usedAt < settings.sessionIdle))
    .sort(([, a], [, b]) => a.n - b.n)
    .map(([value]) => value)

/** Counts a refused login. */
export const refuse = (state: State, username: string): State => ({
  ...state,
  refusals: HashMap.set(state.refusals, username, refusals(state, username) + 1)
})

const refusals = (state: State, username: string) => Option.getOrElse(HashMap.get(state.refusals, username), () => 0)

/** Whether too many logins in a row were refused. */
export const isLocked = (state: State, username: string): boolean => refusals(state, username) >= strikes

/** The users for whom `isLocked` holds. */
export const lockedUsers = (state: State): ReadonlyArray<string> =>
  HashMap.toEntries(state.refusals).flatMap(([username, count]) => (count >= strikes ? [username] : []))

/** Whether a user exists. */
export const hasUser =
  (username: string) =>
  (state: State): boolean =>
    HashMap.has(state.passwords, username)

/** Sets a password. */
export const setPassword = (state: State, username: string, password: string): State => ({
  ...state,
  passwords: HashMap.set(state.passwords, username, password)
})

/** Forgets the refused logins of a user. */
export const unlock = (state: State, username: string): State => ({
  ...state,
  refusals: HashMap.remove(state.refusals, username)
})
