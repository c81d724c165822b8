/**
 * Requests to the emulated platform as a client without this library sends them.
 */
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"

export const { account, appKey, appSecret, password, simulatorToken, username } = ThingSpaceEmulator.defaults
const origin = "https://thingspace.verizon.com"
export const form = "application/x-www-form-urlencoded"

interface Send {
  readonly method?: "GET" | "POST" | "PUT" | "DELETE"
  readonly headers?: Record<string, string>
  readonly body?: string | HttpBody.HttpBody
  readonly type?: string
  readonly origin?: string
}

export const send = (path: string, options: Send = {}) =>
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

export const pick = (json: unknown, field: string): string =>
  String(Schema.decodeUnknownSync(Schema.Record({ key: Schema.String, value: Schema.Unknown }))(json)[field])

export const basic = (key: string, secret: string) => ({
  authorization: `Basic ${Encoding.encodeBase64(`${key}:${secret}`)}`
})

export const tokenResponse = (headers: Record<string, string> = basic(appKey, appSecret), body?: string) =>
  send("/api/ts/v1/oauth2/token", { headers, type: form, body: body ?? "grant_type=client_credentials" })

export const requestToken = Effect.map(tokenResponse(), ({ json }) => pick(json, "access_token"))

export const revoke = (token: string) =>
  send("/api/ts/v1/oauth2/revoke", {
    headers: basic(appKey, appSecret),
    type: form,
    body: `grant_type=client_credentials&token=${token}`
  })

export const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

export const login = (token: string, pass = password, user = username) =>
  send("/api/m2m/v1/session/login", {
    headers: bearer(token),
    body: JSON.stringify({ username: user, password: pass })
  })

export const startSession = (token: string) => Effect.map(login(token), ({ json }) => pick(json, "sessionToken"))

export const both = (token: string, session: string) => ({ ...bearer(token), "vz-m2m-token": session })

export const signIn = Effect.gen(function* () {
  const token = yield* requestToken
  const session = yield* startSession(token)
  return { token, session, headers: both(token, session) }
})

export const accountPath = `/api/m2m/v1/accounts/${account}`

export const readAccount = (headers: Record<string, string>) => send(accountPath, { method: "GET", headers })

export const locate = (headers: Record<string, string>, accountName = account) =>
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

export const unknownGuid = "bcce3ea6-fe4f-4952-bacf-eadd80718e83"

export const inMemory =
  <A, E>(
    effect: Effect.Effect<A, E, ThingSpaceEmulator.ThingSpaceEmulator | HttpClient.HttpClient>,
    options?: ThingSpaceEmulator.Options
  ) =>
  () =>
    Effect.provide(effect, ThingSpaceEmulator.layer(options))

export const emulator = ThingSpaceEmulator.ThingSpaceEmulator
