/**
 * Proves what the middleware adds to the errors of a client of the user's own, and that it keeps all else the client has.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import {
  type AuthError,
  Rejection,
  type SessionSource,
  type ThingSpaceConfig,
  ThingSpaceHttpClient,
  type TokenSource
} from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

class Quota extends Data.TaggedError("Quota") {}
class Meter extends Context.Tag("Meter")<Meter, Effect.Effect<void, Quota>>() {}

declare const tokens: TokenSource.Service
declare const sessions: SessionSource.Service
declare const config: ThingSpaceConfig.Settings
declare const client: HttpClient.HttpClient
declare const metered: HttpClient.HttpClient.With<HttpClientError.HttpClientError | Quota, Meter>

const { withAccessToken, withSession } = ThingSpaceHttpClient

describe("withAccessToken", () => {
  test("adds TokenError", () => {
    expect(withAccessToken(client, { tokens })).type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError.TokenError>
    >()
  })

  test("adds no error of a login", () => {
    type Failure = Effect.Effect.Error<ReturnType<ReturnType<typeof withAccessToken<Quota, Meter>>["get"]>>
    expect<Extract<Failure, AuthError.SessionError | AuthError.LoginBlocked>>().type.toBe<never>()
  })

  test("keeps the client's own errors and requirements", () => {
    expect(withAccessToken(metered, { tokens })).type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | Quota | AuthError.TokenError, Meter>
    >()
  })

  test("is the same in a pipe", () => {
    expect(metered.pipe(withAccessToken({ tokens }))).type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | Quota | AuthError.TokenError, Meter>
    >()
    expect(client.pipe(withAccessToken({ tokens }))).type.toBe(withAccessToken(client, { tokens }))
  })

  test("takes no sessions", () => {
    expect(withAccessToken).type.not.toBeCallableWith(client, { tokens, sessions })
  })
})

describe("withSession", () => {
  test("adds AuthError", () => {
    expect(withSession(client, { tokens, sessions })).type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError.AuthError>
    >()
  })

  test("keeps the client's own errors and requirements", () => {
    expect(withSession(metered, { tokens, sessions })).type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | Quota | AuthError.AuthError, Meter>
    >()
  })

  test("is the same in a pipe", () => {
    expect(metered.pipe(withSession({ tokens, sessions }))).type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | Quota | AuthError.AuthError, Meter>
    >()
    expect(client.pipe(withSession({ tokens, sessions }))).type.toBe(withSession(client, { tokens, sessions }))
  })

  test("needs both sources", () => {
    expect(withSession).type.toBeCallableWith(client, { tokens, sessions })
    expect(withSession).type.not.toBeCallableWith(client, { tokens })
    expect(withSession).type.not.toBeCallableWith(client, { sessions })
    expect(withSession).type.toBeCallableWith({ tokens, sessions })
    expect(withSession).type.not.toBeCallableWith({ tokens })
    expect(withSession).type.not.toBeCallableWith({ sessions })
  })

  test("tells the two sources apart", () => {
    expect(withSession).type.not.toBeCallableWith(client, { tokens, sessions: tokens })
    expect(withSession).type.not.toBeCallableWith(client, { tokens: sessions, sessions })
  })
})

describe("both", () => {
  test("take the client first", () => {
    expect(withAccessToken).type.not.toBeCallableWith({ tokens }, client)
    expect(withSession).type.not.toBeCallableWith({ tokens, sessions }, client)
  })

  test("need their options", () => {
    expect(withAccessToken).type.not.toBeCallableWith(client)
    expect(withSession).type.not.toBeCallableWith(client)
    expect(withAccessToken).type.not.toBeCallableWith(client, {})
  })

  test("take settings that are complete and checked, not what a program says of them", () => {
    expect(withAccessToken).type.toBeCallableWith(client, { tokens, config })
    expect(withAccessToken).type.not.toBeCallableWith(client, { tokens, config: { baseUrl: "https://localhost" } })
    expect(withSession).type.not.toBeCallableWith(client, { tokens, sessions, config: {} })
  })
})

describe("the result", () => {
  const authenticated = withSession(client, { tokens, sessions })

  test("does not pass for the plain HttpClient, whose users know no AuthError", () => {
    expect(authenticated).type.not.toBeAssignableTo<HttpClient.HttpClient>()
    expect(withAccessToken(client, { tokens })).type.not.toBeAssignableTo<HttpClient.HttpClient>()
    expect(Layer.succeed).type.toBeCallableWith(HttpClient.HttpClient, client)
    expect(Layer.succeed).type.not.toBeCallableWith(HttpClient.HttpClient, authenticated)
  })

  test("is what the tag holds", () => {
    expect(Layer.succeed).type.toBeCallableWith(ThingSpaceHttpClient.ThingSpaceHttpClient, authenticated)
    expect<Context.Tag.Service<ThingSpaceHttpClient.ThingSpaceHttpClient>>().type.toBe<
      HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError.AuthError>
    >()
  })

  test("answers with a response, and fails with the union of the errors", () => {
    expect(authenticated.get("/")).type.toBe<
      Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError | AuthError.AuthError>
    >()
  })

  test("takes the platform's own combinators on top", () => {
    expect(HttpClient.filterStatusOk(authenticated)).type.toBe(authenticated)
    expect(HttpClient.followRedirects(authenticated, 3)).type.toBe(authenticated)
    expect(HttpClient.catchTags(authenticated, { LoginBlocked: () => Effect.fail(new Quota()) })).type.toBe<
      HttpClient.HttpClient.With<
        HttpClientError.HttpClientError | Exclude<AuthError.AuthError, AuthError.LoginBlocked> | Quota
      >
    >()
  })
})

describe("a classifier", () => {
  const refused = (status: number, _body: string) => (status === 419 ? "SessionToken" : "None")

  test("is a function of status and body to one of five rejections", () => {
    expect(Rejection.classify).type.toBe<(status: number, body: string) => Rejection.Rejection>()
    expect<Rejection.Rejection>().type.toBe<"AccessToken" | "SessionToken" | "Unknown" | "Permission" | "None">()
  })

  test("is taken by the middleware and by the reference", () => {
    expect(withAccessToken).type.toBeCallableWith(client, { tokens, classify: refused })
    expect(withSession).type.toBeCallableWith(client, { tokens, sessions, classify: refused })
    expect(Layer.succeed).type.toBeCallableWith(Rejection.Classifier, refused)
  })

  test("that returns an unknown rejection is refused", () => {
    expect(withAccessToken).type.not.toBeCallableWith(client, { tokens, classify: () => "Token" })
    expect(withSession).type.not.toBeCallableWith(client, { tokens, sessions, classify: () => "Token" })
    expect(withSession).type.not.toBeCallableWith(client, { tokens, sessions, classify: () => undefined })
    expect(Layer.succeed).type.not.toBeCallableWith(Rejection.Classifier, () => "Token")
  })

  test("that wants more than status and body, or them in another order, is refused", () => {
    const wants = (_status: number, _body: string, _headers: object) => "None" as const
    const swapped = (_body: string, _status: number) => "None" as const
    expect(withAccessToken).type.not.toBeCallableWith(client, { tokens, classify: wants })
    expect(withAccessToken).type.not.toBeCallableWith(client, { tokens, classify: swapped })
    expect(Layer.succeed).type.not.toBeCallableWith(Rejection.Classifier, swapped)
  })

  test("that is an Effect is refused", () => {
    expect(withAccessToken).type.not.toBeCallableWith(client, { tokens, classify: () => Effect.succeed("None") })
  })
})
