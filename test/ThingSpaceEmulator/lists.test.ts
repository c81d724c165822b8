import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { account, both, inMemory, pick, requestToken, send, signIn, simulatorToken } from "./requests.js"

const usagePath = "/api/m2m/v1/devices/usage/actions/list"

describe("the usage list", () => {
  const usage = (headers: Record<string, string>, earliest: string, latest: string) =>
    send(usagePath, {
      headers,
      body: JSON.stringify({ deviceId: { id: "980003420535573", kind: "imei" }, earliest, latest })
    })

  it.effect(
    "answers a device's days within the time that was asked for, both ends included",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { json, status } = yield* usage(headers, "2020-12-02T00:00:00Z", "2020-12-02T00:00:00Z")
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(json, {
          hasMoreData: false,
          usageHistory: [
            {
              bytesUsed: 8192,
              extendedAttributes: [{ key: "MoSms", value: "1" }],
              servicePlan: "m2m4G",
              smsUsed: 1,
              source: "Raw Usage",
              timestamp: "2020-12-02T00:00:00Z"
            }
          ]
        })
        const before = yield* usage(headers, "2020-11-01T00:00:00Z", "2020-11-30T23:59:59Z")
        assert.deepStrictEqual(before.json, { hasMoreData: false, usageHistory: [] })
      })
    )
  )

  it.effect(
    "says with status 202 that there is more, which a later beginning brings",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const first = yield* usage(headers, "2020-12-01T00:00:00Z", "2021-01-01T00:00:00Z")
        const second = yield* usage(headers, "2020-12-01T00:00:01Z", "2021-01-01T00:00:00Z")
        assert.deepStrictEqual(
          [first, second].map(({ json, status, text }) => [
            status,
            pick(json, "hasMoreData"),
            /"timestamp":"([\d-]+)/.exec(text)?.[1]
          ]),
          [
            [202, "true", "2020-12-01"],
            [200, "false", "2020-12-02"]
          ]
        )
      }),
      { pageSize: 1 }
    )
  )

  it.effect(
    "refuses a body that it cannot read",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { json, status } = yield* send(usagePath, { headers, body: '{"earliest":"yesterday"}' })
        assert.strictEqual(status, 400)
        assert.match(pick(json, "errorCode"), /UnexpectedError$/)
      })
    )
  )
})

describe("the callbacks of an account", () => {
  const path = `/api/m2m/v1/callbacks/${account}`
  const listener = { name: "DeviceUsage", url: "https://listener.example/usage", username: "zaffod", password: "pw" }

  it.effect(
    "are registered, listed, replaced and removed",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const list = Effect.map(send(path, { method: "GET", headers }), ({ json }) => json)
        const register = (body: object) => send(path, { headers, body: JSON.stringify(body) })
        assert.deepStrictEqual(yield* list, [])
        const registered = yield* register(listener)
        assert.strictEqual(registered.status, 200)
        assert.deepStrictEqual(registered.json, { accountName: account, serviceName: "DeviceUsage" })
        yield* register({ name: "CarrierService", url: "https://listener.example/1" })
        yield* register({ name: "CarrierService", url: "https://listener.example/2" })
        assert.deepStrictEqual(yield* list, [
          {
            accountName: account,
            password: "pw",
            serviceName: "DeviceUsage",
            url: "https://listener.example/usage",
            username: "zaffod"
          },
          {
            accountName: account,
            password: "",
            serviceName: "CarrierService",
            url: "https://listener.example/2",
            username: ""
          }
        ])
        const remove = send(`${path}/name/Device%55sage`, { method: "DELETE", headers })
        assert.deepStrictEqual((yield* remove).json, { accountName: account, serviceName: "DeviceUsage" })
        assert.strictEqual((yield* remove).status, 400)
        assert.match(JSON.stringify(yield* list), /^\[\{[^{]*"CarrierService"[^{]*\}\]$/)
      })
    )
  )

  it.effect(
    "are not registered from a body without a URL",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        assert.strictEqual((yield* send(path, { headers, body: '{"name":"DeviceUsage"}' })).status, 400)
        assert.deepStrictEqual((yield* send(path, { method: "GET", headers })).json, [])
      })
    )
  )

  it.effect(
    "are the simulator's for its second account",
    inMemory(
      Effect.gen(function* () {
        const headers = both(simulatorToken, "any value")
        const { status } = yield* send("/api/m2m/v1/callbacks/TestAccount-2", {
          headers,
          body: JSON.stringify(listener)
        })
        assert.strictEqual(status, 200)
        assert.strictEqual((yield* send(path, { method: "GET", headers })).status, 400)
      })
    )
  )
})

describe("the devices of Software Management", () => {
  it.effect(
    "come in pages that follow lastSeenDeviceId",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const page = (query: string) => send(`/api/fota/v2/devices/${account}${query}`, { method: "GET", headers })
        const pages = [yield* page(""), yield* page("?lastSeenDeviceId=375535024300089")]
        assert.deepStrictEqual(
          pages.map(({ json }) => [
            pick(json, "hasMoreData"),
            pick(json, "lastSeenDeviceId"),
            pick(json, "maxPageSize")
          ]),
          [
            ["true", "375535024300089", "2"],
            ["true", "990000000000004", "2"]
          ]
        )
        const last = yield* page("?lastSeenDeviceId=990000000000004")
        assert.strictEqual(pick(last.json, "hasMoreData"), "false")
        assert.match(last.text, /"deviceId":"990000000000005","mdn":"7891000005"/)
      }),
      { pageSize: 2 }
    )
  )
})

describe("a path", () => {
  it.effect(
    "whose percent encoding is wrong is read as it is",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        assert.strictEqual(
          (yield* send("/api/m2m/v1/accounts/%zz", { method: "GET", headers: both(token, "none") })).status,
          400
        )
      })
    )
  )
})
