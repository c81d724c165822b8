import { reads } from "./product.js"
import { accounts, refuseAccount } from "./visible.js"
import { json } from "./wire.js"

/** What is said of one account (generated SDK, `getAccountInformation`). */
export const accountInformation = reads(
  "GET /accounts/{account}",
  { summary: "an account's information", source: "reported" },
  (call) => {
    const [wanted = ""] = call.parameters
    const account = accounts(call).find(({ name }) => name === wanted)
    return account === undefined
      ? refuseAccount(wanted)
      : json(200, {
          accountName: account.name,
          accountNumber: account.name,
          organizationName: account.organizationName,
          isProvisioningAllowed: true,
          carriers: ["Verizon Wireless"],
          features: ["Static IP", "Dynamic IP"],
          iPPools: [{ poolName: "EMULATED001", poolType: "Static IP", isDefaultPool: true }]
        })
  }
)

/** The accounts that the caller may see, in a form of the emulator's own. */
export const accountList = reads(
  "GET /accounts",
  { summary: "the accounts that the user may see", source: "invented" },
  (call) =>
    json(200, {
      accounts: accounts(call).map(({ name, organizationName }) => ({ accountName: name, organizationName }))
    })
)
