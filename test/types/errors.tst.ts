/**
 * Proves that the errors are unions told apart by their tag, that the compiler keeps account of the ones not handled yet,
 * and that each can be written and read by its Schema.
 */
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Match from "effect/Match"
import * as Schema from "effect/Schema"
import { AuthError } from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

type Tagged<Tag extends AuthError.AuthError["_tag"]> = Extract<AuthError.AuthError, { readonly _tag: Tag }>
type Endpoint = "requestToken" | "revokeToken" | "login" | "logout" | "resetPassword"

declare const token: Effect.Effect<number, AuthError.TokenError>
declare const session: Effect.Effect<number, AuthError.AuthError>

const text = Effect.succeed("text")

describe("the unions", () => {
  test("hold three errors of the token, and two more of the session", () => {
    expect<AuthError.TokenError>().type.toBe<
      AuthError.OAuthError | AuthError.EndpointError | AuthError.CredentialsError
    >()
    expect<AuthError.AuthError>().type.toBe<AuthError.TokenError | AuthError.SessionError | AuthError.LoginBlocked>()
  })

  test("have a tag of its own for each error", () => {
    expect<AuthError.AuthError["_tag"]>().type.toBe<
      "OAuthError" | "SessionError" | "EndpointError" | "CredentialsError" | "LoginBlocked"
    >()
    expect<Tagged<"OAuthError">>().type.toBe<AuthError.OAuthError>()
    expect<Tagged<"SessionError">>().type.toBe<AuthError.SessionError>()
    expect<Tagged<"EndpointError">>().type.toBe<AuthError.EndpointError>()
    expect<Tagged<"CredentialsError">>().type.toBe<AuthError.CredentialsError>()
    expect<Tagged<"LoginBlocked">>().type.toBe<AuthError.LoginBlocked>()
  })

  test("go one way: what fails with TokenError fails with AuthError, not the reverse", () => {
    expect(token).type.toBeAssignableTo<Effect.Effect<number, AuthError.AuthError>>()
    expect(session).type.not.toBeAssignableTo<Effect.Effect<number, AuthError.TokenError>>()
  })

  test("name the endpoint that failed", () => {
    expect<AuthError.Endpoint>().type.toBe<Endpoint>()
    expect<
      (AuthError.OAuthError | AuthError.SessionError | AuthError.EndpointError)["endpoint"]
    >().type.toBe<Endpoint>()
  })
})

describe("an effect that fails with AuthError", () => {
  test("is not one that never fails", () => {
    expect(session).type.not.toBeAssignableTo<Effect.Effect<number>>()
    expect(token).type.not.toBeAssignableTo<Effect.Effect<number>>()
  })

  test("never fails once every tag is caught", () => {
    const handled = Effect.catchTags(session, {
      OAuthError: () => text,
      SessionError: () => text,
      EndpointError: () => text,
      CredentialsError: () => text,
      LoginBlocked: () => text
    })
    expect(handled).type.toBe<Effect.Effect<string | number>>()
  })

  test("never fails once every tag is caught one after the other", () => {
    const handled = session.pipe(
      Effect.catchTag("OAuthError", () => text),
      Effect.catchTag("SessionError", () => text),
      Effect.catchTag("EndpointError", () => text),
      Effect.catchTag("CredentialsError", () => text),
      Effect.catchTag("LoginBlocked", () => text)
    )
    expect(handled).type.toBe<Effect.Effect<string | number>>()
  })

  test("fails with the one that is left out", () => {
    const unguarded = Effect.catchTag(
      session,
      "OAuthError",
      "SessionError",
      "EndpointError",
      "CredentialsError",
      () => text
    )
    expect(unguarded).type.toBe<Effect.Effect<string | number, AuthError.LoginBlocked>>()
    expect(unguarded).type.not.toBeAssignableTo<Effect.Effect<string | number>>()
  })

  test("hands each handler the error of its tag", () => {
    const told = Effect.catchTags(session, {
      OAuthError: ({ error }) => Effect.succeed(error),
      SessionError: ({ errorCode }) => Effect.succeed(errorCode),
      EndpointError: ({ reason }) => Effect.succeed(reason),
      CredentialsError: ({ credentials }) => Effect.succeed(credentials),
      LoginBlocked: ({ retryAfter }) => Effect.succeed(retryAfter)
    })
    expect(told).type.toBe<Effect.Effect<number | string | Duration.Duration | undefined>>()
  })

  test("has no handler for a tag that it does not have", () => {
    expect(Effect.catchTags).type.toBeCallableWith(session, { LoginBlocked: () => text })
    expect(Effect.catchTags).type.not.toBeCallableWith(session, { LoginBlocked: () => text, Lockout: () => text })
    expect(Effect.catchTag).type.toBeCallableWith(session, "LoginBlocked", () => text)
    expect(Effect.catchTag).type.not.toBeCallableWith(session, "Lockout", () => text)
  })
})

describe("an effect that fails with TokenError", () => {
  test("is not asked about a login", () => {
    expect(Effect.catchTags).type.toBeCallableWith(token, { OAuthError: () => text })
    expect(Effect.catchTags).type.not.toBeCallableWith(token, { SessionError: () => text })
    expect(Effect.catchTags).type.not.toBeCallableWith(token, { LoginBlocked: () => text })
  })

  test("never fails once its three tags are caught", () => {
    const handled = Effect.catchTag(token, "OAuthError", "EndpointError", "CredentialsError", () => text)
    expect(handled).type.toBe<Effect.Effect<string | number>>()
  })
})

describe("a match on an AuthError", () => {
  const one = Match.type<AuthError.AuthError>().pipe(Match.tag("LoginBlocked", () => 1))
  const every = one.pipe(Match.tag("OAuthError", "SessionError", "EndpointError", "CredentialsError", () => 2))

  test("is exhaustive with every tag, and not with one alone", () => {
    expect(Match.exhaustive).type.toBeCallableWith(every)
    expect(Match.exhaustive).type.not.toBeCallableWith(one)
  })
})

describe("the fields of an error", () => {
  test("are checked where one is made", () => {
    expect(AuthError.EndpointError).type.toBeConstructableWith({ endpoint: "login", reason: "Timeout" })
    expect(AuthError.EndpointError).type.not.toBeConstructableWith({ endpoint: "token", reason: "Timeout" })
    expect(AuthError.EndpointError).type.not.toBeConstructableWith({ endpoint: "login", reason: "Late" })
    expect(AuthError.CredentialsError).type.not.toBeConstructableWith({ credentials: "Uws" })
  })

  test("have no room for a request, a response or a cause", () => {
    expect<keyof typeof AuthError.OAuthError.fields>().type.toBe<
      "_tag" | "endpoint" | "status" | "error" | "description" | "hint" | "retryAfter"
    >()
    expect<keyof typeof AuthError.SessionError.fields>().type.toBe<
      "_tag" | "endpoint" | "status" | "errorCode" | "errorMessage" | "hint" | "retryAfter"
    >()
    expect<keyof typeof AuthError.EndpointError.fields>().type.toBe<
      "_tag" | "endpoint" | "reason" | "status" | "code" | "description" | "retryAfter"
    >()
    expect<keyof typeof AuthError.CredentialsError.fields>().type.toBe<"_tag" | "credentials" | "description">()
    expect<keyof typeof AuthError.LoginBlocked.fields>().type.toBe<
      "_tag" | "reason" | "attempts" | "since" | "retryAfter"
    >()
  })
})

describe("the Schema of an error", () => {
  const Any = AuthError.AuthError

  test("has a union that is AuthError and requires nothing", () => {
    expect<Schema.Schema.Type<typeof Any>>().type.toBe<AuthError.AuthError>()
    expect<Schema.Schema.Context<typeof Any>>().type.toBe<never>()
  })

  test("serves as the error of a serialised exit", () => {
    expect(Schema.Exit).type.toBeCallableWith({ success: Schema.Void, failure: Any, defect: Schema.Defect })
  })

  test("writes plain fields beside the tag", () => {
    expect<typeof AuthError.OAuthError.Encoded>().type.toBe<{
      readonly _tag: "OAuthError"
      readonly endpoint: Endpoint
      readonly status: number
      readonly error: string
      readonly description?: string | undefined
      readonly hint?: string | undefined
      readonly retryAfter?: number | undefined
    }>()
    expect<typeof AuthError.SessionError.Encoded>().type.toBe<{
      readonly _tag: "SessionError"
      readonly endpoint: Endpoint
      readonly status: number
      readonly errorCode: string
      readonly errorMessage: string
      readonly hint?: string | undefined
      readonly retryAfter?: number | undefined
    }>()
    expect<typeof AuthError.EndpointError.Encoded>().type.toBe<{
      readonly _tag: "EndpointError"
      readonly endpoint: Endpoint
      readonly reason: "NotSent" | "Transport" | "Timeout" | "StatusCode" | "Decode"
      readonly status?: number | undefined
      readonly code?: string | undefined
      readonly description?: string | undefined
      readonly retryAfter?: number | undefined
    }>()
    expect<typeof AuthError.CredentialsError.Encoded>().type.toBe<{
      readonly _tag: "CredentialsError"
      readonly credentials: "App" | "Uws"
      readonly description: string
    }>()
  })

  test("writes the times of a LoginBlocked as JSON can hold them", () => {
    expect<typeof AuthError.LoginBlocked.Encoded>().type.toBe<{
      readonly _tag: "LoginBlocked"
      readonly reason: "Refused" | "Uncertain"
      readonly attempts: number
      readonly since: string
      readonly retryAfter?: number | undefined
    }>()
  })
})
