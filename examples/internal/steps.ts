/**
 * A program's calls, and the steps that lead to the first of them on any platform.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { AccessToken, SessionSource, SessionToken, ThingSpaceHttpClient, TokenSource } from "effect-thingspace-auth"
import { Timeline } from "./timeline.js"

const client = Effect.map(ThingSpaceHttpClient.ThingSpaceHttpClient, HttpClient.filterStatusOk)

const Account = Schema.Struct({ accountName: Schema.String, organizationName: Schema.String })

export const readAccount = (name: string) =>
  client.pipe(
    Effect.flatMap((client) => client.get(`/api/m2m/v1/accounts/${encodeURIComponent(name)}`)),
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Account)),
    Effect.timeout("10 seconds")
  )

const Location = Schema.Struct({
  msid: Schema.String,
  pd: Schema.Struct({ x: Schema.optional(Schema.String), y: Schema.optional(Schema.String) }),
  error: Schema.Struct({ info: Schema.optional(Schema.String) })
})

export type Location = typeof Location.Type

export const locate = (accountName: string, mdns: ReadonlyArray<string>) =>
  Effect.gen(function* () {
    const deviceList = mdns.map((mdn, n) => ({ id: `98000342053557${n}`, kind: "imei", mdn }))
    const body = { accountName, accuracyMode: "0", cacheMode: "1", deviceList }
    const request = HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post("/api/loc/v1/locations"), body)
    const response = yield* (yield* client).execute(request)
    return yield* HttpClientResponse.schemaBodyJson(Schema.Array(Location))(response)
  })

const lifetime = (token: AccessToken.AccessToken, now: number) =>
  Option.match(token.expiresAt, {
    onNone: () => "valid until further notice",
    onSome: (time) => `valid for ${((DateTime.toEpochMillis(time) - now) / 60_000).toFixed(0)} minutes`
  })

export const firstSteps = (account: string) =>
  Effect.gen(function* () {
    const { step } = yield* Timeline
    const tokens = yield* TokenSource.TokenSource
    const sessions = yield* SessionSource.SessionSource
    const now = yield* Clock.currentTimeMillis

    yield* step({
      does: tokens.get,
      costs: { token: 1 },
      happened: (token) => `Access token ${AccessToken.fingerprint(token)} acquired, ${lifetime(token, now)}`,
      means: "Stage one: the application's key and secret buy an OAuth 2.0 access token. Only its fingerprint is shown."
    })
    yield* step({
      does: sessions.get,
      costs: { login: 1 },
      happened: (session) => `Logged in, session ${SessionToken.fingerprint(session)}`,
      means: "Stage two: username and password open a session, which lives for as long as it is used."
    })
    yield* step({
      does: readAccount(account),
      costs: { call: 1 },
      happened: ({ accountName, organizationName }) => `Account ${accountName} read: ${organizationName}`,
      means: "The program names only a path: the client adds both credentials, and gets them if it has none."
    })
  })
