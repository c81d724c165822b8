/**
 * Proves what the methods of each service take and how they can fail: nothing hides an error, and nothing requires more.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import {
  type AccessToken,
  type AuthError,
  type AuthStatus,
  Credentials,
  LoginGuard,
  OAuthClient,
  SessionClient,
  SessionSource,
  type SessionToken,
  type ThingSpaceConfig,
  TokenSource
} from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

declare const access: AccessToken.AccessToken
declare const session: SessionToken.SessionToken
declare const app: Credentials.App
declare const user: Credentials.Uws
declare const platform: ThingSpaceConfig.Settings

type TokenEffect<A> = Effect.Effect<A, AuthError.TokenError>
type SessionEffect<A> = Effect.Effect<A, AuthError.AuthError>

declare const oauth: OAuthClient.Service
declare const sessionClient: SessionClient.Service
declare const tokens: TokenSource.Service
declare const sessions: SessionSource.Service
declare const guard: LoginGuard.Service
declare const login: (credentials: Credentials.Uws) => SessionEffect<SessionToken.SessionToken>

describe("Credentials", () => {
  test("are Effects, run at each acquisition", () => {
    expect<Context.Tag.Service<Credentials.AppCredentials>>().type.toBe<
      Effect.Effect<Credentials.App, AuthError.CredentialsError>
    >()
    expect<Context.Tag.Service<Credentials.UwsCredentials>>().type.toBe<
      Effect.Effect<Credentials.Uws, AuthError.CredentialsError>
    >()
  })

  test("of the application are not those of the user", () => {
    expect(Credentials.layerApp).type.not.toBeCallableWith(user)
    expect(Credentials.layerUws).type.not.toBeCallableWith(app)
    expect<Credentials.AppCredentials>().type.not.toBeAssignableTo<Credentials.UwsCredentials>()
  })
})

describe("OAuthClient", () => {
  test("fails with TokenError", () => {
    expect(oauth.requestToken(app)).type.toBe<TokenEffect<AccessToken.AccessToken>>()
    expect(oauth.revokeToken(app, access)).type.toBe<TokenEffect<void>>()
  })

  test("is made of an HttpClient", () => {
    expect(OAuthClient.make).type.toBe<Effect.Effect<OAuthClient.Service, never, HttpClient.HttpClient>>()
  })
})

describe("SessionClient", () => {
  test("fails with AuthError", () => {
    expect(sessionClient.login(access, user)).type.toBe<SessionEffect<SessionToken.SessionToken>>()
    expect(sessionClient.logout(access, session)).type.toBe<SessionEffect<void>>()
    expect(sessionClient.resetPassword(access, session, user.password)).type.toBe<SessionEffect<Redacted.Redacted>>()
  })

  test("is made of an HttpClient", () => {
    expect(SessionClient.make).type.toBe<Effect.Effect<SessionClient.Service, never, HttpClient.HttpClient>>()
  })

  test("wants the application's token before the user, and the session before the password", () => {
    expect(sessionClient.login).type.not.toBeCallableWith(user, access)
    expect(sessionClient.logout).type.not.toBeCallableWith(session, access)
    expect(sessionClient.resetPassword).type.not.toBeCallableWith(access, user.password, session)
  })
})

describe("TokenSource", () => {
  test("fails with TokenError, and forgets without failing", () => {
    expect(tokens.get).type.toBe<TokenEffect<AccessToken.AccessToken>>()
    expect(tokens.revoke).type.toBe<TokenEffect<void>>()
    expect(tokens.invalidate(access)).type.toBe<Effect.Effect<void>>()
  })

  test("is made within a scope", () => {
    expect(TokenSource.make()).type.toBe<
      Effect.Effect<TokenSource.Service, never, OAuthClient.OAuthClient | Credentials.AppCredentials | Scope.Scope>
    >()
  })

  test("says at which platform it is, and can be wrapped", () => {
    expect(tokens.platform).type.toBe<ThingSpaceConfig.Settings>()
    expect(TokenSource.map(tokens, (token) => token)).type.toBe<TokenSource.Service>()
    expect(TokenSource.map((token) => token)(tokens)).type.toBe<TokenSource.Service>()
    expect(TokenSource.map).type.not.toBeCallableWith(tokens, () => Effect.succeed(access))
  })

  test("is told by value what was refused", () => {
    expect(tokens.invalidate).type.not.toBeCallableWith()
    expect(tokens.invalidate).type.not.toBeCallableWith(session)
    expect(tokens.invalidate).type.not.toBeCallableWith(access.secret)
  })
})

describe("SessionSource", () => {
  test("fails with AuthError, and forgets without failing", () => {
    expect(sessions.get).type.toBe<SessionEffect<SessionToken.SessionToken>>()
    expect(sessions.logout).type.toBe<SessionEffect<void>>()
    expect(sessions.invalidate(session)).type.toBe<Effect.Effect<void>>()
    expect(sessions.used(session, 0)).type.toBe<Effect.Effect<void>>()
  })

  test("is made within a scope", () => {
    expect(SessionSource.make()).type.toBe<
      Effect.Effect<
        SessionSource.Service,
        never,
        | TokenSource.TokenSource
        | LoginGuard.LoginGuard
        | SessionClient.SessionClient
        | Credentials.UwsCredentials
        | Scope.Scope
      >
    >()
  })

  test("takes the time of a use in milliseconds", () => {
    expect(sessions.used).type.not.toBeCallableWith(session)
    expect(sessions.used).type.not.toBeCallableWith(session, new Date())
  })
})

describe("AuthStatus", () => {
  test("never fails, and requires nothing", () => {
    expect<AuthStatus.Service["get"]>().type.toBe<Effect.Effect<AuthStatus.Snapshot>>()
    expect<AuthStatus.Service["changes"]>().type.toBe<Stream.Stream<AuthStatus.Snapshot>>()
  })

  test("has a snapshot whose encoded form is JSON", () => {
    expect<Schema.Schema.Encoded<typeof AuthStatus.Snapshot>["login"]>().type.toBe<
      | { readonly _tag: "Open" }
      | { readonly _tag: "Paused"; readonly until: string }
      | { readonly _tag: "Blocked"; readonly reason: "PasswordRefused" | "TooManyStrikes" }
    >()
    expect<AuthStatus.Snapshot["login"]>().type.toBeAssignableTo<LoginGuard.LoginStatus>()
  })
})

describe("LoginGuard", () => {
  test("fails as the login does, LoginBlocked included, and resets without failing", () => {
    const supplied = Effect.succeed(user)
    expect(guard.attempt(supplied, login)).type.toBe<SessionEffect<SessionToken.SessionToken>>()
    expect(guard.reset(user)).type.toBe<Effect.Effect<void>>()
    expect(guard.status(user)).type.toBe<Effect.Effect<LoginGuard.LoginStatus>>()
    expect(LoginGuard.make).type.toBe<Effect.Effect<LoginGuard.Service>>()
  })

  test("takes a login that requires nothing and has no errors of its own", () => {
    const supplied = Effect.succeed(user)
    expect(guard.attempt).type.toBeCallableWith(supplied, () => Effect.succeed("a session"))
    expect(guard.attempt).type.not.toBeCallableWith(user, login)
    expect(guard.attempt).type.not.toBeCallableWith(supplied, () => Effect.fail(new Error("no")))
    expect(guard.attempt).type.not.toBeCallableWith(supplied, () => Effect.as(SessionClient.SessionClient, session))
    expect(guard.attempt).type.not.toBeCallableWith(supplied, login(user))
  })
})

describe("a token", () => {
  test("of access says when it expires, if it does", () => {
    expect(access.expiresAt).type.toBe<Option.Option<DateTime.Utc>>()
  })

  test("of a session says nothing but its secret", () => {
    expect<keyof SessionToken.SessionToken>().type.toBe<"secret">()
  })
})

describe("a source of the program's own", () => {
  const own = { get: Effect.succeed(access), invalidate: () => Effect.void, revoke: Effect.void, platform }

  test("is a plain object", () => {
    expect(Layer.succeed).type.toBeCallableWith(TokenSource.TokenSource, own)
  })

  test("has every method, and no other errors", () => {
    const { revoke: _, ...lacking } = own
    expect(Layer.succeed).type.not.toBeCallableWith(TokenSource.TokenSource, lacking)
    expect(Layer.succeed).type.not.toBeCallableWith(TokenSource.TokenSource, { ...own, get: Effect.fail("no") })
    expect(Layer.succeed).type.not.toBeCallableWith(TokenSource.TokenSource, { ...own, get: Effect.succeed("token") })
    expect(Layer.succeed).type.not.toBeCallableWith(SessionSource.SessionSource, own)
  })

  test("brings its requirements along nowhere: they are provided before", () => {
    const needy = Effect.as(OAuthClient.OAuthClient, access)
    expect(Layer.succeed).type.not.toBeCallableWith(TokenSource.TokenSource, { ...own, get: needy })
  })
})
