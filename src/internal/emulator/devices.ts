import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import * as body from "./body.js"
import type { KnownDevice } from "./device.js"
import { reads } from "./product.js"
import { devices, hasAccount, refuseAccount } from "./visible.js"
import { json } from "./wire.js"

const optional = Schema.optional

const DeviceListBody = Schema.Struct({
  accountName: optional(Schema.String),
  deviceId: optional(Schema.Struct({ id: Schema.String, kind: Schema.String })),
  filter: optional(
    Schema.Struct({
      deviceIdentifierFilters: Schema.Array(
        Schema.Struct({
          kind: Schema.String,
          contains: optional(Schema.String),
          startswith: optional(Schema.String),
          endswith: optional(Schema.String)
        })
      )
    })
  ),
  currentState: optional(Schema.String),
  customFields: optional(Schema.Array(Schema.Struct({ key: Schema.String, value: Schema.String }))),
  groupName: optional(Schema.String),
  servicePlan: optional(Schema.String),
  maxNumberOfDevices: optional(Schema.NonNegativeInt),
  largestDeviceIdSeen: optional(Schema.NonNegativeInt)
})

type Query = typeof DeviceListBody.Type

/** Kinds of identifiers are compared without regard to case. */
const identifier = (device: KnownDevice, kind: string): string | undefined =>
  Object.entries(device.ids).find(([own]) => own.toLowerCase() === kind.toLowerCase())?.[1]

/** Whether a device carries an identifier. */
export const isCalled = (device: KnownDevice, { id, kind }: { readonly id: string; readonly kind: string }): boolean =>
  identifier(device, kind) === id

const is = (wanted: string | undefined, own: string) => wanted === undefined || wanted === own

const matches = (query: Query, device: KnownDevice): boolean =>
  is(query.accountName, device.account) &&
  is(query.currentState, device.state) &&
  is(query.servicePlan, device.servicePlan) &&
  (query.groupName === undefined || device.groups.includes(query.groupName)) &&
  (query.deviceId === undefined || isCalled(device, query.deviceId)) &&
  (query.customFields ?? []).every(({ key, value }) => device.customFields[key] === value) &&
  (query.filter?.deviceIdentifierFilters ?? []).every(({ contains = "", endswith = "", kind, startswith = "" }) => {
    const id = identifier(device, kind)
    return id?.includes(contains) && id.startsWith(startswith) && id.endsWith(endswith)
  })

const pairs = (record: Readonly<Record<string, string>>) =>
  Object.entries(record).map(([key, value]) => ({ key, value }))

const description = (device: KnownDevice) => ({
  accountName: device.account,
  carrierInformations: [{ carrierName: "Verizon Wireless", servicePlan: device.servicePlan, state: device.state }],
  connected: device.connected,
  customFields: pairs(device.customFields),
  deviceIds: Object.entries(device.ids).map(([kind, id]) => ({ id, kind })),
  extendedAttributes: [{ key: "DeviceId", value: String(device.deviceId) }],
  groupNames: device.groups
})

/** A page of the devices; status 202 if there are more (generated SDK, `listDevicesInformation`). */
export const deviceList = reads(
  "POST /devices/actions/list",
  { summary: "devices, page by page: 202 and `hasMoreData`, then `largestDeviceIdSeen`", source: "reported" },
  (call) => {
    const query = body.parse(DeviceListBody, call.request.text)
    if (Either.isLeft(query)) {
      return query.left
    }
    const { accountName, largestDeviceIdSeen = 0, maxNumberOfDevices = Number.POSITIVE_INFINITY } = query.right
    if (accountName !== undefined && !hasAccount(call, accountName)) {
      return refuseAccount(accountName)
    }
    const rest = devices(call).filter((device) => device.deviceId > largestDeviceIdSeen && matches(query.right, device))
    const page = rest.slice(0, Math.min(Math.max(maxNumberOfDevices, 1), call.settings.pageSize))
    const hasMoreData = page.length < rest.length
    return json(hasMoreData ? 202 : 200, { hasMoreData, devices: page.map(description) })
  }
)
