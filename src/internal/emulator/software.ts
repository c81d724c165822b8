import { reads } from "./product.js"
import { devices, hasAccount, refuseAccount } from "./visible.js"
import { json } from "./wire.js"

/**
 * The devices of an account as Software Management lists them, with the pages that are counted by `lastSeenDeviceId`
 * (generated SDK, `listAccountDevices`); the refusal of an account is Connectivity Management's.
 */
export const softwareDevices = reads(
  "GET /devices/{account}",
  { summary: "devices and their software, page by page: `hasMoreData`, then `lastSeenDeviceId`", source: "reported" },
  (call) => {
    const [account = ""] = call.parameters
    if (!hasAccount(call, account)) {
      return refuseAccount(account)
    }
    const seen = new URL(call.request.url).searchParams.get("lastSeenDeviceId") ?? "0"
    const all = devices(call).flatMap(({ account: of, ids: { imei, mdn = "" } }) =>
      of === account && imei !== undefined ? [{ imei, mdn }] : []
    )
    const rest = all.slice(all.findIndex(({ imei }) => imei === seen) + 1)
    const page = rest.slice(0, call.settings.pageSize)
    return json(200, {
      accountName: account,
      hasMoreData: page.length < rest.length,
      lastSeenDeviceId: page.at(-1)?.imei ?? seen,
      maxPageSize: call.settings.pageSize,
      deviceList: page.map(({ imei, mdn }) => ({
        deviceId: imei,
        mdn,
        model: "Emulated",
        make: "Verizon",
        fotaEligible: true,
        appFotaEligible: true,
        licenseAssigned: true,
        distributionType: "HTTP",
        softwareList: []
      }))
    })
  }
)
