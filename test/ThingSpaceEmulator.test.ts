import { createServer } from "node:http"
import { connect } from "node:net"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"

const { account, appKey, appSecret, password, simulatorToken, username } = ThingSpaceEmulator.defaults
const origin = "https://thingspace.verizon.com"
const form = "application/x-www-form-urlencoded"

interface Send {
  readonly method?: "GET" | "POST" | "PUT"
  readonly headers?: Record<string, string>
  readonly body?: string | HttpBody.HttpBody
  readonly type?: string
  readonly origin?: string
}

const send = (path: string, options: Send = {}) =>
  Effect.gen(function* () {
    const client = yield* HttpClient.HttpClient
    const body = options.body ?? ""
    const response = yield* client.execute(
      HttpClientRequest.make(options.method ?? "POST")(`${options.origin ?? origin}${path}`, {
        headers: options.headers,
        body: typeof body === "string" ? HttpBody.text(body, options.type ?? "application/json") : body
      })
    )
    const text = yield* response.text
    const json = Option.getOrElse(Schema.decodeOption(Schema.parseJson())(text), () => text)
    return { status: response.status, headers: response.headers, cookies: response.cookies, text, json }
  })

const pick = (json: unknown, field: string): string =>
  String(Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))(json)[field])

const basic = (key: string, secret: string) => ({ authorization: `Basic ${Encoding.encodeBase64(`${key}:${secret}`)}` })

const tokenResponse = (headers: Record<string, string> = basic(appKey, appSecret), body?: string) =>
  send("/api/ts/v1/oauth2/token", { headers, type: form, body: body ?? "grant_type=client_credentials" })

const requestToken = Effect.map(tokenResponse(), ({ json }) => pick(json, "access_token"))

const revoke = (token: string) =>
  send("/api/ts/v1/oauth2/revoke", {
    headers: basic(appKey, appSecret),
    type: form,
    body: `grant_type=client_credentials&token=${token}`
  })

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

const login = (token: string, pass = password, user = username) =>
  send("/api/m2m/v1/session/login", {
    headers: bearer(token),
    body: JSON.stringify({ username: user, password: pass })
  })

const startSession = (token: string) => Effect.map(login(token), ({ json }) => pick(json, "sessionToken"))

const both = (token: string, session: string) => ({ ...bearer(token), "vz-m2m-token": session })

const signIn = Effect.gen(function* () {
  const token = yield* requestToken
  const session = yield* startSession(token)
  return { token, session, headers: both(token, session) }
})

const accountPath = `/api/m2m/v1/accounts/${account}`

const readAccount = (headers: Record<string, string>) => send(accountPath, { method: "GET", headers })

const locate = (headers: Record<string, string>, accountName = account) =>
  send("/api/loc/v1/locations", {
    headers,
    body: JSON.stringify({
      accountName,
      accuracyMode: "0",
      cacheMode: "1",
      deviceList: [
        { id: "980003420535573", kind: "imei", mdn: "7892345678" },
        { id: "375535024300089", kind: "imei", mdn: "7897654321" }
      ]
    })
  })

const unknownGuid = "bcce3ea6-fe4f-4952-bacf-eadd80718e83"

const inMemory =
  <A, E>(
    effect: Effect.Effect<A, E, ThingSpaceEmulator.ThingSpaceEmulator | HttpClient.HttpClient>,
    options?: ThingSpaceEmulator.Options
  ) =>
  () =>
    Effect.provide(effect, ThingSpaceEmulator.layer(options))

const emulator = ThingSpaceEmulator.ThingSpaceEmulator

describe("the token endpoint", () => {
  it.effect(
    "issues the same token for an hour and counts its seconds down",
    inMemory(
      Effect.gen(function* () {
        const first = yield* tokenResponse()
        yield* TestClock.adjust(3_599_500)
        const last = yield* tokenResponse()
        const token = pick(first.json, "access_token")
        assert.deepStrictEqual(first.json, {
          access_token: token,
          scope: " ts.application.ro ts.mec.fullaccess",
          token_type: "Bearer",
          expires_in: 3600
        })
        assert.match(token, /^[0-9a-f]{32}$/)
        assert.strictEqual(pick(last.json, "access_token"), token)
        assert.strictEqual(pick(last.json, "expires_in"), "0")
      })
    )
  )

  it.effect(
    "issues a different token when the hour is over",
    inMemory(
      Effect.gen(function* () {
        const first = yield* requestToken
        yield* TestClock.adjust("1 hour")
        const second = yield* tokenResponse()
        assert.notStrictEqual(pick(second.json, "access_token"), first)
        assert.strictEqual(pick(second.json, "expires_in"), "3600")
      })
    )
  )

  it.effect(
    "sets a routing cookie and one that holds the token",
    inMemory(
      Effect.gen(function* () {
        const { cookies, json } = yield* tokenResponse()
        assert.deepStrictEqual(Object.keys(cookies.cookies), ["ts-web-ingress-route", "token"])
        assert.strictEqual(cookies.cookies.token?.value, pick(json, "access_token"))
      })
    )
  )

  it.effect(
    "answers a gateway fault when there is no Basic header",
    inMemory(
      Effect.gen(function* () {
        const { json, status } = yield* tokenResponse({})
        assert.strictEqual(status, 401)
        assert.deepStrictEqual(json, {
          fault: {
            code: "900902",
            message: "Missing Credentials",
            description:
              'Required OAuth credentials not provided. Make sure your API invocation call has a header: "Authorization: Basic ACCESS_TOKEN"'
          }
        })
      })
    )
  )

  for (const [what, headers] of [
    ["key", basic("other", appSecret)],
    ["secret", basic(appKey, "other")],
    ["base64", { authorization: "Basic %%%" }],
    ["percent encoding", basic(appKey, "%zz")]
  ] as const) {
    it.effect(
      `refuses a wrong ${what} as invalid_client`,
      inMemory(
        Effect.gen(function* () {
          const { json, status } = yield* tokenResponse(headers)
          assert.strictEqual(status, 401)
          assert.strictEqual(pick(json, "error"), "invalid_client")
        })
      )
    )
  }

  it.effect(
    "decodes key and secret as forms encode them, splitting at the first colon",
    inMemory(
      Effect.gen(function* () {
        const { status } = yield* tokenResponse(basic("k%3A1+%25", "s%C3%A9:2%2B"))
        assert.strictEqual(status, 200)
      }),
      { appKey: "k:1 %", appSecret: "sé:2+" }
    )
  )

  for (const body of ["", "grant_type=password"]) {
    it.effect(
      `refuses the body "${body}" for its grant_type`,
      inMemory(
        Effect.gen(function* () {
          const { json, status } = yield* tokenResponse(basic(appKey, appSecret), body)
          assert.strictEqual(status, 400)
          assert.deepStrictEqual(json, {
            error_description: "Missing grant_type parameter value",
            error: "invalid_request"
          })
        })
      )
    )
  }

  it.effect(
    "issues other tokens in another emulator",
    Effect.fnUntraced(function* () {
      const first = yield* Effect.provide(requestToken, ThingSpaceEmulator.layer())
      const second = yield* Effect.provide(requestToken, ThingSpaceEmulator.layer())
      assert.notStrictEqual(first, second)
    })
  )
})

describe("the revoke endpoint", () => {
  it.effect(
    "answers with the revoked token in a header and no body, after which the token is refused and another issued",
    inMemory(
      Effect.gen(function* () {
        const { headers, token } = yield* signIn
        const revoked = yield* revoke(token)
        assert.strictEqual(revoked.status, 200)
        assert.strictEqual(revoked.text, "")
        assert.strictEqual(revoked.headers.revokedaccesstoken, token)
        assert.strictEqual((yield* readAccount(headers)).status, 401)
        assert.notStrictEqual(yield* requestToken, token)
      })
    )
  )

  it.effect(
    "accepts an unknown token and leaves the current one alone",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        assert.strictEqual((yield* revoke("d7bc43e9acc31aba9654fc5cd0d8c520")).status, 200)
        assert.strictEqual(yield* requestToken, token)
      })
    )
  )

  it.effect(
    "refuses a wrong secret",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        const { status } = yield* send("/api/ts/v1/oauth2/revoke", {
          headers: basic(appKey, "other"),
          type: form,
          body: `grant_type=client_credentials&token=${token}`
        })
        assert.strictEqual(status, 401)
        assert.strictEqual(yield* requestToken, token)
      })
    )
  )
})

describe("login", () => {
  it.effect(
    "answers with a GUID and nothing else",
    inMemory(
      Effect.gen(function* () {
        const { json, status } = yield* login(yield* requestToken)
        assert.strictEqual(status, 200)
        assert.match(pick(json, "sessionToken"), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-8[0-9a-f]{3}-[0-9a-f]{12}$/)
        assert.deepStrictEqual(Object.keys(json ?? {}), ["sessionToken"])
      })
    )
  )

  it.effect(
    "meets the gateway first: a wrong bearer is no strike",
    inMemory(
      Effect.gen(function* () {
        const wrong = yield* login("d7bc43e9acc31aba9654fc5cd0d8c520", "wrong").pipe(Effect.replicateEffect(6))
        assert.deepStrictEqual(wrong[5]?.json, {
          fault: {
            code: "900901",
            message: "Invalid Credentials",
            description:
              "Access failure for API: /m2m/v1, version: v1. Make sure your have given the correct access token"
          }
        })
        assert.strictEqual((yield* login(yield* requestToken)).status, 200)
      })
    )
  )

  it.effect(
    "locks the user at the fifth refusal in a row, right password or not, until the password is changed",
    inMemory(
      Effect.gen(function* () {
        const { changePassword, lockedUsers } = yield* emulator
        const token = yield* requestToken
        const refused = yield* login(token, "wrong").pipe(Effect.replicateEffect(4))
        assert.deepStrictEqual(
          refused.map(({ json, status }) => [status, pick(json, "errorCode")]),
          refused.map(() => [400, "UnifiedWebService.INPUT_INVALID.Password.Invalid"])
        )
        assert.deepStrictEqual(yield* lockedUsers, [])
        yield* login(token, "wrong")
        assert.deepStrictEqual(yield* lockedUsers, [username])
        const locked = yield* login(token)
        assert.strictEqual(locked.status, 400)
        assert.strictEqual(pick(locked.json, "errorCode"), "UnifiedWebService.REQUEST_FAILED.UserLocked")
        yield* changePassword(username, "another")
        assert.deepStrictEqual(yield* lockedUsers, [])
        assert.strictEqual((yield* login(token, "another")).status, 200)
      })
    )
  )

  it.effect(
    "counts refusals from zero again after a success",
    inMemory(
      Effect.gen(function* () {
        const token = yield* requestToken
        const fourRefusals = Effect.replicateEffect(login(token, "wrong"), 4, { discard: true })
        yield* fourRefusals
        yield* login(token)
        yield* fourRefusals
        assert.strictEqual((yield* login(token)).status, 200)
      })
    )
  )

  for (const [body, code] of [
    ["", "UnifiedWebService.INPUT_INVALID.RequestUndefined"],
    ["{", "UnifiedWebService.DeserializationFailed"],
    ['{"username":"emulated-user"}', "UnifiedWebService.REQUEST_FAILED.UnexpectedError"]
  ] as const) {
    it.effect(
      `answers ${code} to the body "${body}" without counting a refusal`,
      inMemory(
        Effect.gen(function* () {
          const token = yield* requestToken
          const attempt = send("/api/m2m/v1/session/login", { headers: bearer(token), body })
          const answers = yield* Effect.replicateEffect(attempt, 6)
          assert.strictEqual(answers[5]?.status, 400)
          assert.strictEqual(pick(answers[5]?.json, "errorCode"), code)
          assert.strictEqual((yield* login(token)).status, 200)
        })
      )
    )
  }

  it.effect(
    "leaves the user's earlier sessions alive",
    inMemory(
      Effect.gen(function* () {
        const { headers, session, token } = yield* signIn
        const second = yield* startSession(token)
        assert.strictEqual((yield* readAccount(headers)).status, 200)
        assert.deepStrictEqual(yield* (yield* emulator).liveSessions, [session, second])
      })
    )
  )

  it.effect(
    "ends the user's earlier sessions where one session per user is allowed",
    inMemory(
      Effect.gen(function* () {
        const { headers, token } = yield* signIn
        const second = yield* startSession(token)
        assert.match((yield* readAccount(headers)).text, /SessionToken\.Invalid/)
        assert.deepStrictEqual(yield* (yield* emulator).liveSessions, [second])
      }),
      { singleSession: true }
    )
  )
})

describe("a session", () => {
  it.effect(
    "lives as long as it is used within twenty minutes, and outlives the token it began with",
    inMemory(
      Effect.gen(function* () {
        const { session } = yield* signIn
        for (let n = 0; n < 5; n++) {
          yield* TestClock.adjust(20 * 60_000 - 1)
          assert.strictEqual((yield* readAccount(both(yield* requestToken, session))).status, 200)
        }
      })
    )
  )

  it.effect(
    "is dead after twenty idle minutes",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        yield* TestClock.adjust("20 minutes")
        const { json, status } = yield* readAccount(headers)
        assert.strictEqual(status, 400)
        assert.deepStrictEqual(json, {
          errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired",
          errorMessage: "The Session has expired."
        })
      })
    )
  )

  it.effect(
    "is not kept alive by a request that is refused",
    inMemory(
      Effect.gen(function* () {
        const { headers } = yield* signIn
        yield* TestClock.adjust("19 minutes")
        assert.strictEqual((yield* locate(headers, "0000000000-00000")).status, 400)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* readAccount(headers)).status, 400)
      })
    )
  )

  it.effect(
    "ends by logout, which names it",
    inMemory(
      Effect.gen(function* () {
        const { headers, session } = yield* signIn
        const { json, status } = yield* send("/api/m2m/v1/session/logout", { headers })
        assert.strictEqual(status, 200)
        assert.deepStrictEqual(json, { sessionToken: session })
        assert.match((yield* readAccount(headers)).text, /INPUT_INVALID\.SessionToken\.Invalid/)
      })
    )
  )

  it.effect(
    "survives a password reset, whose new password is the only one from then on",
    inMemory(
      Effect.gen(function* () {
        const { headers, token } = yield* signIn
        const reset = (oldPassword: string) =>
          send("/api/m2m/v1/session/password/actions/reset", {
            method: "PUT",
            headers,
            body: JSON.stringify({ oldPassword })
          })
        assert.strictEqual((yield* reset("wrong")).status, 400)
        const { json, status } = yield* reset(password)
        assert.strictEqual(status, 200)
        assert.strictEqual((yield* readAccount(headers)).status, 200)
        assert.strictEqual((yield* login(token)).status, 400)
        assert.strictEqual((yield* login(token, pick(json, "newPassword"))).status, 200)
      })
    )
  )
})

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

describe("a fault", () => {
  it.effect(
    "meets the next requests under its path, as often as asked, before the faults added later",
    inMemory(
      Effect.gen(function* () {
        const { clearFaults, failNext } = yield* emulator
        const { headers } = yield* signIn
        yield* failNext(ThingSpaceEmulator.answer(503, { body: "down", headers: { "Retry-After": "7" } }), {
          path: "/api/m2m",
          times: 2
        })
        yield* failNext(ThingSpaceEmulator.answer(429))
        const first = yield* readAccount(headers)
        const statuses = [first.status]
        for (const path of ["/api/loc/v1/echo", "/api/m2m/v1/echo", "/api/m2m/v1/echo"]) {
          statuses.push((yield* send(path, { headers })).status)
        }
        assert.deepStrictEqual(statuses, [503, 429, 503, 200])
        assert.deepStrictEqual([first.text, first.headers["retry-after"]], ["down", "7"])
        yield* failNext(ThingSpaceEmulator.answer(500), { times: Number.POSITIVE_INFINITY })
        yield* Effect.replicateEffect(readAccount(headers), 3)
        assert.strictEqual((yield* readAccount(headers)).status, 500)
        yield* clearFaults
        assert.strictEqual((yield* readAccount(headers)).status, 200)
      })
    )
  )

  it.effect(
    "that loses the request keeps the platform from acting",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, exchanges, failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.lostRequest)
        const error = yield* Effect.flip(tokenResponse())
        assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
        assert.deepStrictEqual(yield* currentToken, Option.none())
        assert.deepInclude((yield* exchanges)[0], { status: undefined, fault: "LostRequest" })
      })
    )
  )

  it.effect(
    "that loses the response lets the platform act",
    inMemory(
      Effect.gen(function* () {
        const { failNext, liveSessions } = yield* emulator
        const token = yield* requestToken
        yield* failNext(ThingSpaceEmulator.lostResponse)
        const error = yield* Effect.flip(login(token))
        assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
        assert.lengthOf(yield* liveSessions, 1)
      })
    )
  )

  it.effect(
    "that truncates the body lets the platform act and the body fail",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.truncated)
        const error = yield* Effect.flip(tokenResponse())
        assert.deepInclude(error, { _tag: "ResponseError", reason: "Decode" })
        assert.isTrue(Option.isSome(yield* currentToken))
      })
    )
  )

  it.effect(
    "that hangs never answers and keeps the platform from acting",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.hang)
        const fiber = yield* Effect.fork(Effect.timeoutOption(tokenResponse(), "1 day"))
        yield* TestClock.adjust("1 day")
        assert.deepStrictEqual(yield* Fiber.join(fiber), Option.none())
        assert.deepStrictEqual(yield* currentToken, Option.none())
      })
    )
  )
})

describe("in memory", () => {
  it.effect(
    "requests to every origin arrive and are recorded in full",
    inMemory(
      Effect.gen(function* () {
        const { clearExchanges, exchanges } = yield* emulator
        yield* TestClock.setTime(1_000)
        yield* send("/api/m2m/v1/echo?a=1", {
          origin: "https://else.example:8443",
          headers: { "X-One": "1" },
          body: "{}"
        })
        const [exchange] = yield* exchanges
        assert.deepInclude(exchange, {
          at: 1_000,
          method: "POST",
          url: "https://else.example:8443/api/m2m/v1/echo?a=1",
          path: "/api/m2m/v1/echo",
          body: "{}",
          status: 401,
          fault: undefined
        })
        assert.deepInclude(exchange?.headers, { "x-one": "1", "content-type": "application/json" })
        assert.match(exchange?.response ?? "", /900902/)
        yield* clearExchanges
        assert.deepStrictEqual(yield* exchanges, [])
      })
    )
  )

  it.effect(
    "a subscriber is handed each request",
    inMemory(
      Effect.gen(function* () {
        const { subscribe } = yield* emulator
        const requests = yield* subscribe
        yield* signIn
        const paths = Array.from(yield* Queue.takeAll(requests), ({ path }) => path)
        assert.deepStrictEqual(paths, ["/api/ts/v1/oauth2/token", "/api/m2m/v1/session/login"])
      }).pipe(Effect.scoped)
    )
  )

  it.effect(
    "a body stream that was read before fails as a transport does",
    inMemory(
      Effect.gen(function* () {
        const readable = new Blob(["once"]).stream()
        const body = HttpBody.stream(Stream.fromReadableStream(() => readable, String))
        const error = yield* Effect.flip(Effect.zipRight(send("/api/m2m/v1/echo", { body }), send("/", { body })))
        assert.deepInclude(error, { _tag: "RequestError", reason: "Transport" })
        const raw = yield* Effect.flip(send("/", { body: HttpBody.raw(readable) }))
        assert.deepInclude(raw, { _tag: "RequestError", reason: "Transport" })
      })
    )
  )

  it.effect(
    "the platform acts after the request's latency, and before the response's",
    inMemory(
      Effect.gen(function* () {
        const { exchanges } = yield* emulator
        const fiber = yield* Effect.fork(Effect.zipRight(requestToken, Clock.currentTimeMillis))
        yield* TestClock.adjust("2 seconds")
        assert.lengthOf(yield* exchanges, 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* exchanges)[0]?.at, 3_000)
        yield* TestClock.adjust("4 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), 7_000)
      }),
      { requestLatency: "3 seconds", responseLatency: "4 seconds" }
    )
  )

  it.effect(
    "a caller that leaves while its answer travels leaves a platform that has acted",
    inMemory(
      Effect.gen(function* () {
        const { currentToken } = yield* emulator
        const fiber = yield* Effect.fork(requestToken)
        yield* TestClock.adjust("1 second")
        yield* Fiber.interrupt(fiber)
        assert.isTrue(Option.isSome(yield* currentToken))
      }),
      { responseLatency: "4 seconds" }
    )
  )

  it.effect(
    "latency can differ from request to request, so that answers overtake each other",
    inMemory(
      Effect.gen(function* () {
        const arrivals: Array<string> = []
        const fiber = yield* Effect.forEach(
          ["/a", "/b", "/c"],
          (path) => Effect.tap(send(path), () => arrivals.push(path)),
          { concurrency: "unbounded" }
        ).pipe(Effect.fork)
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.join(fiber)
        assert.deepStrictEqual(arrivals, ["/c", "/a", "/b"])
      }),
      { responseLatency: (n, path) => (path === "/c" ? 0 : n * 1_000) }
    )
  )

  it.effect(
    "sessions that end under calls in flight are refused to each of them",
    inMemory(
      Effect.gen(function* () {
        const { endSessions } = yield* emulator
        const { headers } = yield* Effect.fork(signIn).pipe(
          Effect.zipLeft(TestClock.adjust("2 seconds")),
          Effect.flatMap(Fiber.join)
        )
        const calls = yield* Effect.fork(Effect.replicateEffect(readAccount(headers), 20, { concurrency: "unbounded" }))
        yield* TestClock.adjust("500 millis")
        yield* endSessions
        yield* TestClock.adjust("500 millis")
        const answers = yield* Fiber.join(calls)
        assert.isTrue(answers.every(({ status }) => status === 400))
      }),
      { requestLatency: "1 second" }
    )
  )

  it.effect(
    "another process may revoke every token",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, revokeAll } = yield* emulator
        const token = yield* requestToken
        assert.deepStrictEqual(yield* currentToken, Option.some(token))
        yield* revokeAll
        assert.strictEqual((yield* login(token)).status, 401)
        assert.notStrictEqual(yield* requestToken, token)
      })
    )
  )
})

const onPort = (options?: ThingSpaceEmulator.Options) =>
  Layer.provideMerge(
    ThingSpaceEmulator.serve(options),
    NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  )

const address = HttpServer.addressWith((address) =>
  address._tag === "TcpAddress" ? Effect.succeed(address) : Effect.dieMessage("no port")
)

/** Sends exact bytes and reads until the server closes the connection. */
const exchangeBytes = (lines: ReadonlyArray<string>, body: string) =>
  Effect.flatMap(address, ({ port }) =>
    Effect.async<string>((resume) => {
      const socket = connect(port, "127.0.0.1")
      const head = [...lines, `Content-Length: ${Buffer.byteLength(body)}`, "Connection: close", "", ""]
      let received = ""
      socket.setEncoding("utf8")
      socket.on("data", (chunk) => {
        received += chunk
      })
      socket.on("close", () => resume(Effect.succeed(received)))
      socket.write(head.join("\r\n") + body)
    })
  )

const fetchText = (path: string, init?: RequestInit) =>
  Effect.flatMap(address, ({ port }) =>
    Effect.tryPromise(() =>
      fetch(`http://127.0.0.1:${port}${path}`, init).then((response) =>
        response.text().then((text) => ({ status: response.status, headers: response.headers, text }))
      )
    )
  )

const rawLogin = (token: string) =>
  exchangeBytes(
    [
      "POST /api/m2m/v1/session/login HTTP/1.1",
      "Host: localhost",
      "User-Agent: curl/8.5.0",
      `Authorization: Bearer ${token}`,
      "Content-Type: application/json",
      "Accept: application/json"
    ],
    `{\n   "username": "${username}",\n   "password": "${password}"\n}`
  )

const rawForm = (path: string, body: string) =>
  exchangeBytes(
    [
      `POST ${path} HTTP/1.1`,
      "Host: localhost",
      "User-Agent: curl/8.5.0",
      "Accept: */*",
      `Authorization: ${basic(appKey, appSecret).authorization}`,
      `Content-Type: ${form}`
    ],
    body
  )

describe("on a port", () => {
  it.live('the three requests of the page "Get Credentials" are answered, byte for byte as curl sends them', () =>
    Effect.gen(function* () {
      const issued = yield* rawForm("/api/ts/v1/oauth2/token", "grant_type=client_credentials")
      assert.match(issued, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(issued, /set-cookie: ts-web-ingress-route=/i)
      const token = /"access_token":"([0-9a-f]{32})"/.exec(issued)?.[1] ?? ""
      assert.match(yield* rawLogin(token), /^HTTP\/1\.1 200 OK\r\n[\s\S]*\{"sessionToken":"[0-9a-f-]{36}"\}/)
      const revoked = yield* rawForm("/api/ts/v1/oauth2/revoke", `grant_type=client_credentials&token=${token}`)
      assert.match(revoked, /^HTTP\/1\.1 200 OK\r\n/)
      assert.match(revoked, new RegExp(`\\r\\nRevokedAccessToken: ${token}\\r\\n`, "i"))
      assert.match(revoked, /\r\n\r\n(0\r\n\r\n)?$/)
      assert.match(yield* rawLogin(token), /^HTTP\/1\.1 401 Unauthorized\r\n[\s\S]*"900901"/)
    }).pipe(Effect.provide(onPort()))
  )

  it.live("fetch signs in, reads an account and finds the exchanges recorded under the server's URL", () =>
    Effect.gen(function* () {
      const { exchanges } = yield* emulator
      const issued = yield* fetchText("/api/ts/v1/oauth2/token", {
        method: "POST",
        headers: basic(appKey, appSecret),
        body: new URLSearchParams({ grant_type: "client_credentials" })
      })
      const token = pick(JSON.parse(issued.text), "access_token")
      const begun = yield* fetchText("/api/m2m/v1/session/login", {
        method: "POST",
        headers: bearer(token),
        body: JSON.stringify({ username, password })
      })
      const session = pick(JSON.parse(begun.text), "sessionToken")
      const read = yield* fetchText(accountPath, {
        headers: { Authorization: `Bearer ${token}`, "VZ-M2M-Token": session }
      })
      assert.strictEqual(read.status, 200)
      assert.lengthOf(issued.headers.getSetCookie(), 2)
      const { port } = yield* address
      assert.strictEqual((yield* exchanges).at(-1)?.url, `http://127.0.0.1:${port}${accountPath}`)
    }).pipe(Effect.provide(onPort()))
  )

  it.live("a lost request, a lost response and a truncated body break the connection", () =>
    Effect.gen(function* () {
      const { exchanges, failNext } = yield* emulator
      for (const fault of [
        ThingSpaceEmulator.lostRequest,
        ThingSpaceEmulator.lostResponse,
        ThingSpaceEmulator.truncated
      ]) {
        yield* failNext(fault)
        assert.isTrue(Either.isLeft(yield* Effect.either(fetchText(accountPath))))
      }
      yield* failNext(ThingSpaceEmulator.truncated)
      const received = yield* exchangeBytes([`GET ${accountPath} HTTP/1.1`, "Host: localhost"], "")
      assert.match(received, /^HTTP\/1\.1 401 [\s\S]*\r\n\r\n\{"fault"/)
      assert.notMatch(received, /\}\}$/)
      assert.deepStrictEqual(
        (yield* exchanges).map(({ status }) => status),
        [undefined, 401, 401, 401]
      )
    }).pipe(Effect.provide(onPort()))
  )

  it.live("a request that hangs does not keep the server from closing", () =>
    Effect.gen(function* () {
      const scope = yield* Scope.make()
      const server = yield* Layer.buildWithScope(onPort(), scope)
      const request = yield* Effect.gen(function* () {
        const { failNext, subscribe } = yield* emulator
        const requests = yield* Scope.extend(subscribe, scope)
        yield* failNext(ThingSpaceEmulator.hang)
        const fiber = yield* Effect.fork(Effect.flip(fetchText(accountPath)))
        yield* Queue.take(requests)
        return fiber
      }).pipe(Effect.provide(server))
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual((yield* Fiber.join(request))._tag, "UnknownException")
    })
  )

  it.scopedLive("the platform's client for tests reaches it too", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const response = yield* client.get("/api/emulator/v1/unauthorized")
      assert.strictEqual(response.status, 401)
      assert.strictEqual(yield* response.text, "")
    }).pipe(Effect.provide(Layer.provideMerge(ThingSpaceEmulator.serve(), NodeHttpServer.layerTest)))
  )
})
