import * as Duration from "effect/Duration"
import * as Redacted from "effect/Redacted"
import type { Account } from "./account.js"
import { type Device, defaults as devices } from "./device.js"

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
  /** The accounts; one that is given by its name alone, such as `0000123456-00001`, may be seen by every user. */
  readonly accounts?: ReadonlyArray<string | Account> | undefined
  /** The devices; default five of the first account. Each must belong to one of `accounts`. */
  readonly devices?: ReadonlyArray<Device> | undefined
  /** The most entries that a page of a list holds; default 500, an invented number. */
  readonly pageSize?: number | undefined
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
  /** The most bytes of a request's body; a longer one is answered 413. Default 16 MiB. */
  readonly maxBodySize?: number | undefined
  /**
   * The names, without a port, under which a server of the emulator answers beside loopback's; default none. A request
   * that gives another in its `Host` header is answered 421, so that a page in a browser cannot reach the emulator by
   * a name of its own.
   */
  readonly hosts?: ReadonlyArray<string> | undefined
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
  devices,
  pageSize: 500,
  simulatorToken: "00000000000000000000000051a01a70",
  tokenLifetime: "1 hour",
  sessionIdle: "20 minutes",
  singleSession: false,
  requestLatency: Duration.zero,
  responseLatency: Duration.zero,
  maxBodySize: 16 * 1024 * 1024,
  hosts: []
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
