import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"
import { type KnownAccount, known as knownAccounts } from "./account.js"
import { type KnownDevice, known as knownDevices } from "./device.js"
import { defaults, type Latency, type Options } from "./options.js"

/** The options as the platform reads them: times in milliseconds, nothing missing. */
export interface Settings {
  readonly appKey: string
  readonly appSecret: string
  readonly users: Readonly<Record<string, string>>
  readonly accounts: ReadonlyArray<KnownAccount>
  readonly devices: ReadonlyArray<KnownDevice>
  readonly pageSize: number
  readonly simulatorToken: string
  readonly tokenLifetime: number
  readonly sessionIdle: number
  readonly singleSession: boolean
  readonly requestLatency: (n: number, path: string) => Duration.Duration
  readonly responseLatency: (n: number, path: string) => Duration.Duration
  readonly maxBodySize: number
  readonly hosts: ReadonlyArray<string>
}

const latency = (self: Latency) => {
  if (Predicate.isFunction(self)) {
    return (n: number, path: string) => Duration.decode(self(n, path))
  }
  const constant = Duration.decode(self)
  return () => constant
}

/** The devices with their defaults; the account of one that names none is the first. */
export const devices = (
  accounts: ReadonlyArray<KnownAccount>,
  all: Options["devices"] = accounts.length === 0 ? [] : defaults.devices
): ReadonlyArray<KnownDevice> => knownDevices(all, accounts[0]?.name ?? "")

/** Fills in the defaults. */
export const settings = (options: Options = {}): Settings => {
  const accounts = knownAccounts(options.accounts ?? defaults.accounts)
  return {
    appKey: options.appKey ?? defaults.appKey,
    appSecret: options.appSecret ?? defaults.appSecret,
    users: options.users ?? defaults.users,
    accounts,
    devices: devices(accounts, options.devices),
    pageSize: Math.max(options.pageSize ?? defaults.pageSize, 1),
    simulatorToken: options.simulatorToken ?? defaults.simulatorToken,
    tokenLifetime: Duration.toMillis(options.tokenLifetime ?? defaults.tokenLifetime),
    sessionIdle: Duration.toMillis(options.sessionIdle ?? defaults.sessionIdle),
    singleSession: options.singleSession ?? defaults.singleSession,
    requestLatency: latency(options.requestLatency ?? defaults.requestLatency),
    responseLatency: latency(options.responseLatency ?? defaults.responseLatency),
    maxBodySize: options.maxBodySize ?? defaults.maxBodySize,
    hosts: options.hosts ?? defaults.hosts
  }
}

/** The first device without an account, or account without a user, in a sentence. */
export const contradiction = ({ accounts, devices, users }: Settings): string | undefined => {
  const stray = devices.find(({ account }) => !accounts.some(({ name }) => name === account))
  if (stray !== undefined) {
    return `The device ${Object.values(stray.ids)[0]} belongs to ${stray.account || "no account"}, which is not among the accounts.`
  }
  const orphan = accounts.find((account) => account.users?.some((user) => users[user] === undefined))
  return orphan && `The account ${orphan.name} may be seen by somebody who is not among the users.`
}
