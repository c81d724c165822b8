import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { isCalled } from "./devices.js"
import * as dialects from "./dialects.js"
import { reads } from "./product.js"
import { devices, hasAccount } from "./visible.js"
import { json } from "./wire.js"

const LocationBody = Schema.parseJson(
  Schema.Struct({
    accountName: Schema.String,
    deviceList: Schema.Array(Schema.Struct({ id: Schema.String, kind: Schema.String, mdn: Schema.String }))
  })
)

/**
 * Where devices are (page "Device Location"). That a device of another account, or of none, is absent is the emulator's
 * choice.
 */
export const deviceLocations = reads(
  "POST /locations",
  { summary: "where devices are", source: "documented" },
  (call) => {
    const query = Schema.decodeUnknownEither(LocationBody)(call.request.text)
    if (Either.isLeft(query)) {
      return dialects.location("The request could not be read.")
    }
    const { accountName, deviceList } = query.right
    if (!hasAccount(call, accountName)) {
      return dialects.location(`UWS verification failure (Could not find account ${accountName})`)
    }
    const own = devices(call).filter(({ account }) => account === accountName)
    const time = DateTime.formatIso(DateTime.unsafeMake(call.now)).replaceAll(/\D/g, "").slice(0, 14)
    return json(
      200,
      deviceList.map(({ mdn }) => {
        const location = own.find((device) => isCalled(device, { kind: "mdn", id: mdn }))?.location ?? "absent"
        return location === "absent"
          ? {
              msid: mdn,
              pd: {},
              error: { time, type: "POSITION METHOD FAILURE", info: "Exception code=ABSENT SUBSCRIBER" }
            }
          : {
              msid: mdn,
              pd: { time, x: String(location.latitude), y: String(location.longitude), radius: "5571", qos: false },
              error: {}
            }
      })
    )
  }
)
