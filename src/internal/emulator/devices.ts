import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as dialects from "./dialects.js"
import { hasAccount, reads } from "./product.js"
import { json } from "./wire.js"

const optionalCount = Schema.optional(Schema.NonNegativeInt)

const DeviceListBody = Schema.parseJson(
  Schema.Struct({
    accountName: Schema.optional(Schema.String),
    maxNumberOfDevices: optionalCount,
    largestDeviceIdSeen: optionalCount
  })
)

/** Five devices, the two of the page on Device Location first. */
const devices = [
  { mdn: "7892345678", imei: "980003420535573" },
  { mdn: "7897654321", imei: "375535024300089" },
  { mdn: "7891000003", imei: "990000000000003" },
  { mdn: "7891000004", imei: "990000000000004" },
  { mdn: "7891000005", imei: "990000000000005" }
].map((ids, index) => ({ ...ids, n: 1001 + index }))

/** A page of the account's devices; status 202 where there are more (generated SDK, `listDevicesInformation`). */
export const deviceList = reads(/^POST$/, /^\/devices\/actions\/list$/, (call) => {
  const body = Schema.decodeUnknownEither(DeviceListBody)(call.request.text)
  if (Either.isLeft(body)) {
    return dialects.uws("REQUEST_FAILED.UnexpectedError", "An unexpected error occurred.")
  }
  const {
    accountName = call.settings.accounts[0] ?? "",
    largestDeviceIdSeen = 0,
    maxNumberOfDevices = 500
  } = body.right
  if (!hasAccount(call, accountName)) {
    return dialects.uws("REQUEST_FAILED.AccountName", `The user is not associated with the account ${accountName}.`)
  }
  const rest = devices.filter(({ n }) => n > largestDeviceIdSeen)
  const page = rest.slice(0, Math.max(maxNumberOfDevices, 1))
  const hasMoreData = page.length < rest.length
  return json(hasMoreData ? 202 : 200, {
    hasMoreData,
    devices: page.map(({ imei, mdn, n }) => ({
      accountName,
      carrierInformations: [{ carrierName: "Verizon Wireless", servicePlan: "m2m4G", state: "active" }],
      connected: true,
      deviceIds: [
        { id: mdn, kind: "mdn" },
        { id: imei, kind: "imei" }
      ],
      extendedAttributes: [{ key: "DeviceId", value: String(n) }],
      groupNames: ["emulated"]
    }))
  })
})

const LocationBody = Schema.parseJson(
  Schema.Struct({
    accountName: Schema.String,
    deviceList: Schema.Array(Schema.Struct({ id: Schema.String, kind: Schema.String, mdn: Schema.String }))
  })
)

/** The page's own example of a device that cannot be found. */
const absent = "7897654321"

/** Where devices are (page "Device Location"). */
export const deviceLocations = reads(/^POST$/, /^\/locations$/, (call) => {
  const body = Schema.decodeUnknownEither(LocationBody)(call.request.text)
  if (Either.isLeft(body)) {
    return dialects.location("The request could not be read.")
  }
  const { accountName, deviceList } = body.right
  if (!hasAccount(call, accountName)) {
    return dialects.location(`UWS verification failure (Could not find account ${accountName})`)
  }
  const time = DateTime.formatIso(DateTime.unsafeMake(call.now)).replaceAll(/\D/g, "").slice(0, 14)
  return json(
    200,
    deviceList.map(({ mdn }) =>
      mdn === absent
        ? {
            msid: mdn,
            pd: {},
            error: { time, type: "POSITION METHOD FAILURE", info: "Exception code=ABSENT SUBSCRIBER" }
          }
        : { msid: mdn, pd: { time, x: "33.45324", y: "-84.59621", radius: "5571", qos: false }, error: {} }
    )
  )
})
