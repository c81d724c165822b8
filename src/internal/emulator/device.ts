import * as Schema from "effect/Schema"

/**
 * What a device used on one day.
 *
 * @since 0.2.0
 * @category models
 */
export interface Usage {
  /** The day, as `2026-11-25`. */
  readonly day: string
  /** Bytes sent and received. */
  readonly bytes: number
  /** Short messages sent and received; default 0. */
  readonly sms?: number | undefined
}

/**
 * A device, with all that the lists and the locations say of it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Device {
  /** Its identifiers, value by kind: `{ mdn: "7892345678", imei: "980003420535573" }`. */
  readonly ids: Readonly<Record<string, string>>
  /** The account it belongs to; default the first of the emulator's accounts. */
  readonly account?: string | undefined
  /** Its state of service; default `active`. */
  readonly state?: string | undefined
  /** Its service plan; default `m2m4G`. */
  readonly servicePlan?: string | undefined
  /** The device groups it is in; default none. */
  readonly groups?: ReadonlyArray<string> | undefined
  /** Whether it is connected; default true. */
  readonly connected?: boolean | undefined
  /** Its custom fields, value by name; default none. */
  readonly customFields?: Readonly<Record<string, string>> | undefined
  /** Where it is, in degrees, or `absent` if it cannot be found; default the place of Verizon's example. */
  readonly location?: { readonly latitude: number; readonly longitude: number } | "absent" | undefined
  /** What it used, oldest day first; default nothing. */
  readonly usage?: ReadonlyArray<Usage> | undefined
}

const field = Schema.optional

/** A device as the control over HTTP takes it. */
export const Device: Schema.Schema<Device> = Schema.Struct({
  ids: Schema.Record({ key: Schema.String, value: Schema.String }),
  account: field(Schema.String),
  state: field(Schema.String),
  servicePlan: field(Schema.String),
  groups: field(Schema.Array(Schema.String)),
  connected: field(Schema.Boolean),
  customFields: field(Schema.Record({ key: Schema.String, value: Schema.String })),
  location: field(
    Schema.Union(Schema.Literal("absent"), Schema.Struct({ latitude: Schema.Number, longitude: Schema.Number }))
  ),
  usage: field(
    Schema.Array(Schema.Struct({ day: Schema.String, bytes: Schema.Number, sms: Schema.optional(Schema.Number) }))
  )
})

/** A device with its defaults, under the number by which pages of the device list are counted. */
export interface KnownDevice {
  readonly deviceId: number
  readonly ids: Readonly<Record<string, string>>
  readonly account: string
  readonly state: string
  readonly servicePlan: string
  readonly groups: ReadonlyArray<string>
  readonly connected: boolean
  readonly customFields: Readonly<Record<string, string>>
  readonly location: { readonly latitude: number; readonly longitude: number } | "absent"
  readonly usage: ReadonlyArray<Usage>
}

/** Fills in the defaults of devices. */
export const known = (devices: ReadonlyArray<Device>, account: string): ReadonlyArray<KnownDevice> =>
  devices.map((device, index) => ({
    deviceId: 1001 + index,
    ids: device.ids,
    account: device.account ?? account,
    state: device.state ?? "active",
    servicePlan: device.servicePlan ?? "m2m4G",
    groups: device.groups ?? [],
    connected: device.connected ?? true,
    customFields: device.customFields ?? {},
    location: device.location ?? { latitude: 33.45324, longitude: -84.59621 },
    usage: device.usage ?? []
  }))

/** The devices of an emulator that is told of none: the two of the page on Device Location, and three more. */
export const defaults: ReadonlyArray<Device> = [
  {
    ids: { mdn: "7892345678", imei: "980003420535573" },
    groups: ["emulated"],
    usage: [
      { day: "2020-12-01", bytes: 4096 },
      { day: "2020-12-02", bytes: 8192, sms: 1 }
    ]
  },
  { ids: { mdn: "7897654321", imei: "375535024300089" }, groups: ["emulated"], location: "absent" },
  { ids: { mdn: "7891000003", imei: "990000000000003" }, groups: ["emulated"] },
  { ids: { mdn: "7891000004", imei: "990000000000004" }, groups: ["emulated"] },
  { ids: { mdn: "7891000005", imei: "990000000000005" }, groups: ["emulated"] }
]
