import * as HttpBody from "@effect/platform/HttpBody"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import {
  account,
  bearer,
  both,
  emulator,
  inMemory,
  locate,
  login,
  pick,
  readAccount,
  requestToken,
  send,
  signIn,
  simulatorToken,
  unknownGuid
} from "./requests.js"

describe("the products", () => {
  it.effect(
    "answer an account's information",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { json, status } = yield* readAccount(headers)
        assert.strictEqual(status, 200)
        assert.strictEqual(pick(json, "accountName"), account)
      })
    )
  )

  it.effect(
    "answer a device location for each device, and the page's failure for the page's absent device",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const { json, status } = yield* locate(headers)
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(json, [
          {
            msid: "7892345678",
            pd: { time: "19700101000000", x: "33.45324", y: "-84.59621", radius: "5571", qos: false },
            error: {}
          },
          {
            msid: "7897654321",
            pd: {},
            error: {
              time: "19700101000000",
              type: "POSITION METHOD FAILURE",
              info: "Exception code=ABSENT SUBSCRIBER"
            }
          }
        ])
      })
    )
  )

  it.effect(
    "refuse an account that is not the user's, each in its way",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const connectivity = yield* send("/api/m2m/v1/accounts/other", { method: "GET", headers })
        const location = yield* locate(headers, "other")
        assert.strictEqual(connectivity.status, 400)
        assert.strictEqual(pick(connectivity.json, "errorCode"), "UnifiedWebService.REQUEST_FAILED.AccountName")
        assert.strictEqual(location.status, 400)
        assert.deepStrictEqual(location.json, {
          errorCode: "INVALID_PARAMETER",
          errorMessage: "UWS verification failure (Could not find account other)"
        })
        const forbidden = yield* send("/api/subsc/v1/forbidden", { method: "GET", headers })
        assert.strictEqual(forbidden.status, 403)
      })
    )
  )

  it.effect(
    "echo a body of any kind with its length in bytes",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const bodies = [
          HttpBody.text("né"),
          HttpBody.raw("né"),
          HttpBody.raw(new Blob(["né"])),
          HttpBody.stream(Stream.make(new TextEncoder().encode("n"), new TextEncoder().encode("é")))
        ]
        for (const body of bodies) {
          const { json } = yield* send("/api/m2m/v1/echo", { headers, body })
          assert.deepStrictEqual(json, { method: "POST", length: 3, body: "né" })
        }
        const formData = yield* send("/api/m2m/v1/echo", { headers, body: HttpBody.formDataRecord({ a: "1" }) })
        assert.match(pick(formData.json, "body"), /name="a"/)
        const { exchanges } = yield* emulator
        assert.match((yield* exchanges).at(-1)?.headers["content-type"] ?? "", /^multipart\/form-data; boundary=/)
      })
    )
  )

  it.effect(
    "list the devices page by page, with status 202 until the last",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const list = (query: object) =>
          send("/api/m2m/v1/devices/actions/list", { headers, body: JSON.stringify(query) })
        const pages = yield* Effect.forEach([0, 1002, 1004], (largestDeviceIdSeen) =>
          list({ accountName: account, maxNumberOfDevices: 2, largestDeviceIdSeen })
        )
        assert.deepStrictEqual(
          pages.map(({ json, status }) => [status, pick(json, "hasMoreData")]),
          [
            [202, "true"],
            [202, "true"],
            [200, "false"]
          ]
        )
        const ids = pages.map(({ text }) => [...text.matchAll(/"DeviceId","value":"(\d+)"/g)].map(([, id]) => id))
        assert.deepStrictEqual(ids, [["1001", "1002"], ["1003", "1004"], ["1005"]])
        assert.strictEqual((yield* list({})).status, 200)
        assert.match((yield* list({ accountName: "0000999999-00001" })).text, /REQUEST_FAILED\.AccountName/)
        assert.match((yield* list({ maxNumberOfDevices: "many" })).text, /UnexpectedError/)
      })
    )
  )

  const sessionDialects = [
    ["/api/m2m/v1/echo", 400, /"UnifiedWebService\.REQUEST_FAILED\.SessionToken\.Expired"/],
    ["/api/loc/v1/locations", 400, /"INVALID_PARAMETER".*UWS verification failure \(The Session has expired\.\)/],
    ["/api/cc/v1/subscriptions", 401, /"unauthorized".*UWS V1 REST accounts: \[400\]/],
    ["/api/diagnostics/v1/subscriptions", 401, /"INVALID_ACCOUNT"/],
    ["/api/fota/v2/upgrades", 400, /SessionToken\.Expired/],
    ["/api/subsc/v1/subscriptions", 401, /SessionToken\.Expired.*"errorUrl"/]
  ] as const

  for (const [path, status, body] of sessionDialects) {
    it.effect(
      `report a dead session in the dialect of ${path}`,
      inMemory(
        Effect.gen(function* () {
          const { headers } = yield* signIn
          yield* (yield* emulator).endSessions
          const answer = yield* send(path, { headers })
          assert.strictEqual(answer.status, status)
          assert.match(answer.text, body)
        })
      )
    )
  }

  it.effect(
    "tell an expired session from an unknown and from a missing one",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        const codes = yield* Effect.forEach(
          [both(token, unknownGuid), both(token, "no GUID"), bearer(token)],
          (headers) => Effect.map(readAccount(headers), ({ json, status }) => [status, pick(json, "errorCode")])
        )
        assert.deepStrictEqual(codes, [
          [400, "UnifiedWebService.INPUT_INVALID.SessionToken.Invalid"],
          [400, "UnifiedWebService.INPUT_INVALID.SessionToken.Invalid"],
          [400, "UnifiedWebService.REQUEST_FAILED.SessionToken.Format"]
        ])
      })
    )
  )

  const bearerDialects = [
    ["/api/m2m/v1/echo", 401, /"fault":\{"code":"900901"/],
    ["/api/fota/v1/upgrades", 401, /^\{"code":900901,/],
    ["/api/subsc/v1/subscriptions", 401, /^<am:fault.*<am:code>900901<\/am:code>/],
    ["/api/cc/v1/subscriptions", 401, /"fault":\{"code":"900901"/],
    ["/api/cc/v1/devices/configuration/actions/set", 500, /"internal_server_error".*\[401\]/],
    ["/api/mec/eds/regions", 401, /"fault":\{"code":"900901"/]
  ] as const

  for (const [path, status, body] of bearerDialects) {
    it.effect(
      `report an expired token in the dialect of ${path}`,
      inMemory(
        Effect.gen(function* () {
          const { headers } = yield* signIn
          yield* TestClock.adjust("1 hour")
          const answer = yield* send(path, { headers })
          assert.strictEqual(answer.status, status)
          assert.match(answer.text, body)
        })
      )
    )
  }

  it.effect(
    "report a missing token as 900902",
    inMemory(
      Effect.gen(function* () {
        const { json, status } = yield* readAccount({})
        assert.strictEqual(status, 401)
        assert.match(JSON.stringify(json), /"900902"/)
      })
    )
  )

  it.effect(
    "read the session of ETX from its own header, on its own host",
    inMemory(
      Effect.gen(function* () {
        const { headers, session, token } = yield* signIn
        const etx = (headers: Record<string, string>) =>
          send("/api/v2/clients/registration", { origin: "https://imp.thingspace.verizon.com", headers })
        assert.strictEqual((yield* etx({ ...bearer(token), sessiontoken: session })).status, 200)
        const refused = yield* etx(headers)
        assert.strictEqual(refused.status, 401)
        assert.deepStrictEqual(Object.keys(refused.json ?? {}), ["error", "description"])
      })
    )
  )

  it.effect(
    "ask for no session at 5G Edge Discovery",
    inMemory(
      Effect.gen(function* () {
        const headers = bearer(yield* requestToken)
        const { status } = yield* send("/api/mec/eds/regions", { method: "GET", headers })
        assert.strictEqual(status, 200)
      })
    )
  )

  it.effect(
    "answer a bare 401 whatever is sent, and the page's XML with 403",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        const bare = yield* send("/api/emulator/v1/unauthorized", { headers })
        const html = yield* send("/api/emulator/v1/unauthorized/html", { headers })
        const forbidden = yield* send("/api/emulator/v1/forbidden", { headers })
        assert.deepStrictEqual([bare.status, bare.text], [401, ""])
        assert.strictEqual(html.status, 401)
        assert.match(html.text, /^<html>/)
        assert.strictEqual(forbidden.status, 403)
        assert.match(forbidden.text, /^<am:fault.*<am:code>404/)
      })
    )
  )

  it.effect(
    "answer 404 for a path that no API offers and 400 for an API that does not exist",
    inMemory(
      Effect.gen(function* () {
        const statuses = yield* Effect.forEach(
          ["/", "/api/ts/v1/oauth2/other", "/api/m2m/v1/other", "/api/other/v1/x"],
          (path) => send(path)
        )
        assert.deepStrictEqual(
          statuses.map(({ status }) => status),
          [404, 404, 404, 400]
        )
        assert.match(statuses[3]?.text ?? "", /"900906"/)
      })
    )
  )
})

describe("the simulator's test token", () => {
  it.effect(
    "never expires, and takes any login, any session token and the account TestAccount-1",
    inMemory(
      Effect.gen(function* () {
        yield* TestClock.adjust("365 days")
        assert.strictEqual((yield* login(simulatorToken, "any", "anybody")).status, 200)
        const headers = both(simulatorToken, "any value")
        const read = (name: string) => send(`/api/m2m/v1/accounts/${name}`, { method: "GET", headers })
        assert.strictEqual((yield* read("TestAccount-1")).status, 200)
        assert.strictEqual((yield* read(account)).status, 400)
        assert.strictEqual((yield* readAccount(bearer(simulatorToken))).status, 400)
      })
    )
  )
})
