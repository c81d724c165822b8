import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"

/**
 * How long something takes: the same for every request, or chosen by the request's number (from 1) and path.
 *
 * @since 0.1.0
 * @category models
 */
export type Latency = Duration.DurationInput | ((n: number, path: string) => Duration.DurationInput)

/**
 * What the emulated platform knows and how it behaves; every field has a default in `defaults`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The application key that the token endpoint accepts. */
  readonly appKey?: string | undefined
  /** The secret that belongs to `appKey`. */
  readonly appSecret?: string | undefined
  /** The UWS users: password by username. */
  readonly users?: Readonly<Record<string, string>> | undefined
  /** The accounts that every user may see, each in the form `0000123456-00001`. */
  readonly accounts?: ReadonlyArray<string> | undefined
  /**
   * The simulator's test token: as bearer it never expires, any login and any session token are accepted with it, and
   * the one account is `TestAccount-1` (page "API Console").
   */
  readonly simulatorToken?: string | undefined
  /** How long an access token lives from its first issue; default 1 hour (page "Get Credentials"). */
  readonly tokenLifetime?: Duration.DurationInput | undefined
  /** How long a session lives after the last accepted request; default 20 minutes (page "Start Session"). */
  readonly sessionIdle?: Duration.DurationInput | undefined
  /** Whether a new login ends the user's earlier sessions, which the pages leave open; default false. */
  readonly singleSession?: boolean | undefined
  /** The time a request travels before the platform acts on it; default zero. */
  readonly requestLatency?: Latency | undefined
  /** The time an answer travels after the platform has acted; default zero. */
  readonly responseLatency?: Latency | undefined
}

/**
 * Every option's default, and the one user and the one account among them: dummies, safe to print.
 *
 * @since 0.1.0
 * @category models
 */
export interface Defaults extends Required<{ readonly [K in keyof Options]: Exclude<Options[K], undefined> }> {
  /** The user in `users`. */
  readonly username: string
  /** The password of `username`. */
  readonly password: string
  /** The account in `accounts`. */
  readonly account: string
}

const username = "emulated-user"
const password = "Dummy-Password-1"
const account = "0000123456-00001"

/**
 * The options' defaults, with dummy credentials in the platform's forms.
 *
 * @since 0.1.0
 * @category models
 */
export const defaults: Defaults = {
  appKey: "00000000-aaaa-4aaa-8aaa-000000000001",
  appSecret: "00000000-bbbb-4bbb-8bbb-000000000002",
  username,
  password,
  account,
  users: { [username]: password },
  accounts: [account],
  simulatorToken: "00000000000000000000000051a01a70",
  tokenLifetime: "1 hour",
  sessionIdle: "20 minutes",
  singleSession: false,
  requestLatency: Duration.zero,
  responseLatency: Duration.zero
}

/**
 * The dummy credentials that the platform accepts by default, in the form in which a client's layers take theirs.
 *
 * @since 0.1.0
 * @category models
 */
export const credentials: {
  readonly key: Redacted.Redacted
  readonly secret: Redacted.Redacted
  readonly username: string
  readonly password: Redacted.Redacted
} = {
  key: Redacted.make(defaults.appKey),
  secret: Redacted.make(defaults.appSecret),
  username,
  password: Redacted.make(password)
}

/** The options as the platform reads them: times in milliseconds, nothing missing. */
export interface Settings {
  readonly appKey: string
  readonly appSecret: string
  readonly users: Readonly<Record<string, string>>
  readonly accounts: ReadonlyArray<string>
  readonly simulatorToken: string
  readonly tokenLifetime: number
  readonly sessionIdle: number
  readonly singleSession: boolean
  readonly requestLatency: (n: number, path: string) => Duration.Duration
  readonly responseLatency: (n: number, path: string) => Duration.Duration
}

const latency = (self: Latency) => {
  if (Predicate.isFunction(self)) {
    return (n: number, path: string) => Duration.decode(self(n, path))
  }
  const constant = Duration.decode(self)
  return () => constant
}

/** Fills in the defaults. */
export const settings = (options: Options = {}): Settings => ({
  appKey: options.appKey ?? defaults.appKey,
  appSecret: options.appSecret ?? defaults.appSecret,
  users: options.users ?? defaults.users,
  accounts: options.accounts ?? defaults.accounts,
  simulatorToken: options.simulatorToken ?? defaults.simulatorToken,
  tokenLifetime: Duration.toMillis(options.tokenLifetime ?? defaults.tokenLifetime),
  sessionIdle: Duration.toMillis(options.sessionIdle ?? defaults.sessionIdle),
  singleSession: options.singleSession ?? defaults.singleSession,
  requestLatency: latency(options.requestLatency ?? defaults.requestLatency),
  responseLatency: latency(options.responseLatency ?? defaults.responseLatency)
})
