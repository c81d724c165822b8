import type { KnownAccount } from "./account.js"
import type { KnownDevice } from "./device.js"
import * as dialects from "./dialects.js"
import type { Call } from "./product.js"
import type { Answer } from "./wire.js"

/** The simulator's own account (page "API Console"). */
const simulated: KnownAccount = {
  name: "TestAccount-1",
  organizationName: "Emulated Organization",
  users: undefined
}

/** The accounts that the caller may see. */
export const accounts = ({ session, settings, simulator }: Call): ReadonlyArray<KnownAccount> =>
  simulator
    ? [simulated]
    : settings.accounts.filter(({ users }) => users === undefined || users.includes(session.username))

/** Whether the caller may see an account. */
export const hasAccount = (call: Call, account: string): boolean => accounts(call).some(({ name }) => name === account)

/** The devices that the caller may see; those of the simulator are the devices of all accounts. */
export const devices = (call: Call): ReadonlyArray<KnownDevice> =>
  call.simulator
    ? call.state.devices.map((device) => ({ ...device, account: simulated.name }))
    : call.state.devices.filter(({ account }) => hasAccount(call, account))

/** Connectivity Management on an account that the caller may not see. */
export const refuseAccount = (account: string): Answer =>
  dialects.uws("REQUEST_FAILED.AccountName", `The user is not associated with the account ${account}.`)
