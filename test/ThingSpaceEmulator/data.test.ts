import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import {
  account,
  both,
  emulator,
  inMemory,
  locate,
  login,
  pick,
  requestToken,
  send,
  signIn,
  simulatorToken
} from "./requests.js"

const harbour = "0000000001-00001"
const orchard = "0000000002-00001"

/** Two customers with a device each, and an account that both may see. */
const customers: ThingSpaceEmulator.Options = {
  users: { harry: "password-of-harry", olga: "password-of-olga" },
  accounts: [
    { name: harbour, organizationName: "Harbour", users: ["harry"] },
    { name: orchard, organizationName: "Orchard", users: ["olga"] },
    account
  ],
  devices: [
    { ids: { mdn: "5550000001", imei: "100000000000001" }, location: { latitude: 53.54, longitude: 9.98 } },
    {
      ids: { mdn: "5550000002", imei: "100000000000002" },
      account: orchard,
      usage: [{ day: "2026-11-01", bytes: 7 }]
    },
    { ids: { mdn: "5550000003", imei: "100000000000003" }, account }
  ]
}

const signInAs = (user: string) =>
  Effect.gen(function* () {
    const token = yield* requestToken
    const { json } = yield* login(token, `password-of-${user}`, user)
    return both(token, pick(json, "sessionToken"))
  })

const read = (path: string, headers: Record<string, string>) => send(path, { method: "GET", headers })

const list = (headers: Record<string, string>, query: object = {}) =>
  send("/api/m2m/v1/devices/actions/list", { headers, body: JSON.stringify(query) })

const mdns = ({ text }: { readonly text: string }) => [...text.matchAll(/"id":"(555\d+)"/g)].map(([, id]) => id)

describe("two customers", () => {
  it.effect(
    "each see their own account, and the one that is everybody's",
    inMemory(
      Effect.gen(function* () {
        const harry = yield* read("/api/m2m/v1/accounts", yield* signInAs("harry"))
        const olga = yield* read("/api/m2m/v1/accounts", yield* signInAs("olga"))
        assert.deepStrictEqual(harry.json, {
          accounts: [
            { accountName: harbour, organizationName: "Harbour" },
            { accountName: account, organizationName: "Emulated Organization" }
          ]
        })
        assert.notInclude(olga.text, harbour)
        const own = yield* read(`/api/m2m/v1/accounts/${orchard}`, yield* signInAs("olga"))
        assert.strictEqual(pick(own.json, "organizationName"), "Orchard")
      }),
      customers
    )
  )

  const refusals = [
    ["GET", `/api/m2m/v1/accounts/${orchard}`, ""],
    ["GET", `/api/m2m/v2/accounts/${orchard}`, ""],
    ["POST", "/api/m2m/v1/devices/actions/list", JSON.stringify({ accountName: orchard })],
    ["GET", `/api/m2m/v1/callbacks/${orchard}`, ""],
    ["POST", `/api/m2m/v1/callbacks/${orchard}`, JSON.stringify({ name: "DeviceUsage", url: "https://a.example" })],
    ["DELETE", `/api/m2m/v1/callbacks/${orchard}/name/DeviceUsage`, ""],
    ["GET", `/api/fota/v2/devices/${orchard}`, ""]
  ] as const

  for (const [method, path, body] of refusals) {
    it.effect(
      `are refused the other's account at ${method} ${path}`,
      inMemory(
        Effect.gen(function* () {
          const { json, status } = yield* send(path, { method, headers: yield* signInAs("harry"), body })
          assert.strictEqual(status, 400)
          assert.strictEqual(pick(json, "errorCode"), "UnifiedWebService.REQUEST_FAILED.AccountName")
        }),
        customers
      )
    )
  }

  it.effect(
    "are refused the other's account by Device Location in its own way",
    inMemory(
      Effect.gen(function* () {
        const { json, status } = yield* locate(yield* signInAs("harry"), orchard)
        assert.strictEqual(status, 400)
        assert.deepStrictEqual(json, {
          errorCode: "INVALID_PARAMETER",
          errorMessage: `UWS verification failure (Could not find account ${orchard})`
        })
      }),
      customers
    )
  )

  it.effect(
    "see no device of the other's, neither listed, nor by name, nor located, nor its usage",
    inMemory(
      Effect.gen(function* () {
        const harry = yield* signInAs("harry")
        assert.deepStrictEqual(mdns(yield* list(harry)), ["5550000001", "5550000003"])
        assert.deepStrictEqual(mdns(yield* list(yield* signInAs("olga"))), ["5550000002", "5550000003"])
        const deviceId = { id: "5550000002", kind: "mdn" }
        assert.deepStrictEqual(mdns(yield* list(harry, { deviceId })), [])
        const located = yield* send("/api/loc/v1/locations", {
          headers: harry,
          body: JSON.stringify({ accountName: harbour, deviceList: [{ ...deviceId, mdn: deviceId.id }] })
        })
        assert.match(located.text, /ABSENT SUBSCRIBER/)
        const usage = yield* send("/api/m2m/v1/devices/usage/actions/list", {
          headers: harry,
          body: JSON.stringify({ deviceId, earliest: "2026-10-01T00:00:00Z", latest: "2026-12-01T00:00:00Z" })
        })
        assert.strictEqual(pick(usage.json, "errorCode"), "UnifiedWebService.REQUEST_FAILED.DeviceNotFound")
      }),
      customers
    )
  )
})

describe("devices of one's own", () => {
  it.effect(
    "are located where they are said to be",
    inMemory(
      Effect.gen(function* () {
        const { json } = yield* send("/api/loc/v1/locations", {
          headers: yield* signInAs("harry"),
          body: JSON.stringify({
            accountName: harbour,
            deviceList: [{ id: "100000000000001", kind: "imei", mdn: "5550000001" }]
          })
        })
        assert.deepStrictEqual(json, [
          {
            msid: "5550000001",
            pd: { time: "19700101000000", x: "53.54", y: "9.98", radius: "5571", qos: false },
            error: {}
          }
        ])
      }),
      customers
    )
  )

  it.effect(
    "are listed with what is said of them",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { json } = yield* list(headers)
        assert.deepStrictEqual(json, {
          hasMoreData: false,
          devices: [
            {
              accountName: account,
              carrierInformations: [{ carrierName: "Verizon Wireless", servicePlan: "5G", state: "suspend" }],
              connected: false,
              customFields: [{ key: "CustomField1", value: "north" }],
              deviceIds: [{ id: "89148000000000000001", kind: "iccid" }],
              extendedAttributes: [{ key: "DeviceId", value: "1001" }],
              groupNames: ["trucks"]
            }
          ]
        })
      }),
      {
        devices: [
          {
            ids: { iccid: "89148000000000000001" },
            state: "suspend",
            servicePlan: "5G",
            connected: false,
            groups: ["trucks"],
            customFields: { CustomField1: "north" }
          }
        ]
      }
    )
  )

  const queries: ReadonlyArray<readonly [string, object]> = [
    ["their account", { accountName: account }],
    ["their state", { currentState: "suspend" }],
    ["their service plan", { servicePlan: "5G" }],
    ["their group", { groupName: "trucks" }],
    ["an identifier, its kind in any case", { deviceId: { kind: "IMEI", id: "200" } }],
    ["a custom field", { customFields: [{ key: "CustomField1", value: "north" }] }],
    ["a part of an identifier", { filter: { deviceIdentifierFilters: [{ kind: "imei", contains: "00" }] } }],
    ["an identifier's beginning", { filter: { deviceIdentifierFilters: [{ kind: "imei", startswith: "2" }] } }],
    ["an identifier's end", { filter: { deviceIdentifierFilters: [{ kind: "imei", endswith: "0" }] } }]
  ]

  for (const [what, query] of queries) {
    it.effect(
      `are found by ${what}`,
      inMemory(
        Effect.gen(function* () {
          const { headers } = yield* signIn
          assert.deepStrictEqual(mdns(yield* list(headers, query)), ["5550000002"])
        }),
        {
          accounts: [harbour, account],
          devices: [
            { ids: { mdn: "5550000001", imei: "111" } },
            {
              ids: { mdn: "5550000002", imei: "200" },
              account,
              state: "suspend",
              servicePlan: "5G",
              groups: ["trucks"],
              customFields: { CustomField1: "north" }
            }
          ]
        }
      )
    )
  }

  it.effect(
    "come in pages of the size that the options give, and of no more than was asked for",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const pages = yield* Effect.forEach(
          [{}, { largestDeviceIdSeen: 1003 }, { maxNumberOfDevices: 1 }, { maxNumberOfDevices: 100 }],
          (query) => list(headers, query)
        )
        assert.deepStrictEqual(
          pages.map(({ status, text }) => [status, text.split('"DeviceId"').length - 1]),
          [
            [202, 3],
            [200, 2],
            [202, 1],
            [202, 3]
          ]
        )
      }),
      { pageSize: 3 }
    )
  )

  it.effect(
    "can be replaced while the emulator runs",
    inMemory(
      Effect.gen(function* () {
        const { devices, setDevices } = yield* emulator
        const { headers } = yield* signIn
        yield* setDevices([{ ids: { mdn: "5550000009" } }])
        assert.deepStrictEqual(mdns(yield* list(headers)), ["5550000009"])
        assert.deepInclude((yield* devices)[0], { account, state: "active" })
        assert.isTrue(Exit.isFailure(yield* Effect.exit(setDevices([{ ids: { mdn: "1" }, account: orchard }]))))
        assert.deepStrictEqual(mdns(yield* list(headers)), ["5550000009"])
      })
    )
  )

  it.effect(
    "are the simulator's as well, in its account",
    inMemory(
      Effect.gen(function* () {
        const headers = both(simulatorToken, "any value")
        const { status, text } = yield* list(headers, { accountName: "TestAccount-1" })
        assert.deepStrictEqual([status, text.split('"accountName":"TestAccount-1"').length - 1], [200, 5])
      })
    )
  )
})

describe("data that contradict themselves", () => {
  const contradictions: ReadonlyArray<readonly [string, ThingSpaceEmulator.Options, string]> = [
    [
      "a device of an account that is not there",
      { devices: [{ ids: { mdn: "1" }, account: orchard }] },
      `The device 1 belongs to ${orchard}, which is not among the accounts.`
    ],
    [
      "a device where there is no account",
      { accounts: [], devices: [{ ids: { mdn: "1" } }] },
      "The device 1 belongs to no account, which is not among the accounts."
    ],
    [
      "an account of a user who is not there",
      { accounts: [{ name: orchard, users: ["olga"] }] },
      `The account ${orchard} may be seen by somebody who is not among the users.`
    ]
  ]

  for (const [what, options, message] of contradictions) {
    it.effect(
      `keep the emulator from being built: ${what}`,
      Effect.fnUntraced(function* () {
        const defect = yield* Effect.flip(Effect.sandbox(Effect.provide(emulator, ThingSpaceEmulator.layer(options))))
        assert.include(String(defect), message)
      })
    )
  }

  it.effect("are not an emulator without accounts", () =>
    Effect.map(
      Effect.provide(
        Effect.flatMap(emulator, ({ devices }) => devices),
        ThingSpaceEmulator.layer({ accounts: [] })
      ),
      (devices) => assert.deepStrictEqual(devices, [])
    )
  )
})
