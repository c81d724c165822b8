import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as body from "./body.js"
import { isCalled } from "./devices.js"
import { uws } from "./dialects.js"
import { reads } from "./product.js"
import { devices } from "./visible.js"
import { json } from "./wire.js"

const UsageListBody = Schema.Struct({
  deviceId: Schema.Struct({ id: Schema.String, kind: Schema.String }),
  earliest: Schema.DateTimeUtc,
  latest: Schema.DateTimeUtc
})

const timestamp = (day: string) => `${day}T00:00:00Z`

/**
 * A page of what a device used day by day; status 202 if there is more (generated SDK, `listDevicesUsageHistory`), which
 * a request brings whose `earliest` is later. That is the emulator's choice: the documentation names no cursor.
 */
export const usageList = reads(
  "POST /devices/usage/actions/list",
  { summary: "a device's usage by day: 202 and `hasMoreData`, then a later `earliest`", source: "reported" },
  (call) => {
    const query = body.parse(UsageListBody, call.request.text)
    if (Either.isLeft(query)) {
      return query.left
    }
    const { deviceId, earliest, latest } = query.right
    const device = devices(call).find((one) => isCalled(one, deviceId))
    if (device === undefined) {
      return uws("REQUEST_FAILED.DeviceNotFound", `The device ${deviceId.id} does not exist.`)
    }
    const within = device.usage.filter(({ day }) =>
      Option.exists(DateTime.make(timestamp(day)), DateTime.between({ minimum: earliest, maximum: latest }))
    )
    const page = within.slice(0, call.settings.pageSize)
    const hasMoreData = page.length < within.length
    return json(hasMoreData ? 202 : 200, {
      hasMoreData,
      usageHistory: page.map(({ bytes, day, sms = 0 }) => ({
        bytesUsed: bytes,
        extendedAttributes: [{ key: "MoSms", value: String(sms) }],
        servicePlan: device.servicePlan,
        smsUsed: sms,
        source: "Raw Usage",
        timestamp: timestamp(day)
      }))
    })
  }
)
