/**
 * Proves that a secret is `Redacted` wherever a program hands one in or is handed one: a plain string does not compile.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import {
  AccessToken,
  type AuthError,
  Credentials,
  type OAuthClient,
  type SessionClient,
  SessionSource,
  SessionToken,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

declare const plain: string
declare const secret: Redacted.Redacted
declare const bytes: Redacted.Redacted<Uint8Array>
declare const access: AccessToken.AccessToken
declare const session: SessionToken.SessionToken
declare const oauth: OAuthClient.Service
declare const sessions: SessionClient.Service

const username = "the UWS user"

describe("the application's key and secret", () => {
  test("are taken by layerApp as Redacted only", () => {
    expect(Credentials.layerApp).type.toBeCallableWith({ key: secret, secret })
    expect(Credentials.layerApp).type.not.toBeCallableWith({ key: plain, secret })
    expect(Credentials.layerApp).type.not.toBeCallableWith({ key: secret, secret: plain })
    expect(Credentials.layerApp).type.not.toBeCallableWith({ key: secret, secret: bytes })
  })

  test("are taken by layerAppEffect as Redacted only", () => {
    expect(Credentials.layerAppEffect).type.toBeCallableWith(Effect.succeed({ key: secret, secret }))
    expect(Credentials.layerAppEffect).type.not.toBeCallableWith(Effect.succeed({ key: plain, secret }))
    expect(Credentials.layerAppEffect).type.not.toBeCallableWith(Effect.succeed({ key: secret, secret: plain }))
  })

  test("are taken by requestToken and revokeToken as Redacted only", () => {
    expect(oauth.requestToken).type.toBeCallableWith({ key: secret, secret })
    expect(oauth.requestToken).type.not.toBeCallableWith({ key: plain, secret })
    expect(oauth.requestToken).type.not.toBeCallableWith({ key: secret, secret: plain })
    expect(oauth.revokeToken).type.toBeCallableWith({ key: secret, secret }, access)
    expect(oauth.revokeToken).type.not.toBeCallableWith({ key: secret, secret: plain }, access)
    expect(oauth.revokeToken).type.not.toBeCallableWith({ key: secret, secret }, plain)
    expect(oauth.revokeToken).type.not.toBeCallableWith({ key: secret, secret }, secret)
  })
})

describe("the UWS password", () => {
  test("is taken by layerUws as Redacted only", () => {
    expect(Credentials.layerUws).type.toBeCallableWith({ username, password: secret })
    expect(Credentials.layerUws).type.not.toBeCallableWith({ username, password: plain })
  })

  test("is taken by layerUwsEffect as Redacted only", () => {
    expect(Credentials.layerUwsEffect).type.toBeCallableWith(Effect.succeed({ username, password: secret }))
    expect(Credentials.layerUwsEffect).type.not.toBeCallableWith(Effect.succeed({ username, password: plain }))
  })

  test("is taken by login as Redacted only", () => {
    expect(sessions.login).type.toBeCallableWith(access, { username, password: secret })
    expect(sessions.login).type.not.toBeCallableWith(access, { username, password: plain })
  })

  test("is taken and given by resetPassword as Redacted only", () => {
    expect(sessions.resetPassword).type.toBeCallableWith(access, session, secret)
    expect(sessions.resetPassword).type.not.toBeCallableWith(access, session, plain)
    expect(sessions.resetPassword(access, session, secret)).type.toBe<
      Effect.Effect<Redacted.Redacted<string>, AuthError.AuthError>
    >()
  })

  test("goes with a username that is no secret", () => {
    expect(Credentials.layerUws).type.not.toBeCallableWith({ username: secret, password: secret })
    expect<Credentials.Uws["username"]>().type.toBe<string>()
  })
})

describe("the assembled layer", () => {
  const app = { key: secret, secret }
  const user = { username, password: secret }

  test("takes its three secrets as Redacted only", () => {
    expect(ThingSpaceHttpClient.layer).type.toBeCallableWith({ ...app, ...user })
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith({ ...app, ...user, key: plain })
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith({ ...app, ...user, secret: plain })
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith({ ...app, ...user, password: plain })
  })

  test("does without none of them", () => {
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith(app)
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith(user)
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith({ key: secret, ...user })
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith({ ...app, password: secret })
  })

  test("takes no secret where the credentials come from elsewhere", () => {
    expect(ThingSpaceHttpClient.layerFromCredentials).type.not.toBeCallableWith({ password: secret })
    expect(ThingSpaceHttpClient.layerConfig).type.not.toBeCallableWith({ password: secret })
  })
})

describe("a token", () => {
  test("is taken by layerStatic as Redacted only", () => {
    expect(TokenSource.layerStatic).type.toBeCallableWith(secret)
    expect(TokenSource.layerStatic).type.not.toBeCallableWith(plain)
    expect(TokenSource.layerStatic).type.not.toBeCallableWith(bytes)
    expect(SessionSource.layerStatic).type.toBeCallableWith(secret)
    expect(SessionSource.layerStatic).type.not.toBeCallableWith(plain)
    expect(SessionSource.layerStatic).type.not.toBeCallableWith(bytes)
  })

  test("holds its secret as Redacted", () => {
    expect<AccessToken.AccessToken["secret"]>().type.toBe<Redacted.Redacted<string>>()
    expect<SessionToken.SessionToken["secret"]>().type.toBe<Redacted.Redacted<string>>()
  })

  test("is made of a Redacted only", () => {
    expect(AccessToken.AccessToken).type.toBeConstructableWith({ secret, expiresAt: Option.none() })
    expect(AccessToken.AccessToken).type.not.toBeConstructableWith({ secret: plain, expiresAt: Option.none() })
    expect(SessionToken.SessionToken).type.toBeConstructableWith({ secret })
    expect(SessionToken.SessionToken).type.not.toBeConstructableWith({ secret: plain })
  })

  test("is told from others by a fingerprint, which is text", () => {
    expect(AccessToken.fingerprint(access)).type.toBe<string>()
    expect(SessionToken.fingerprint(session)).type.toBe<string>()
  })

  test("is given whole to the session's calls, not as its secret", () => {
    expect(sessions.logout).type.toBeCallableWith(access, session)
    expect(sessions.logout).type.not.toBeCallableWith(secret, session)
    expect(sessions.logout).type.not.toBeCallableWith(access, secret)
    expect(sessions.logout).type.not.toBeCallableWith(access, plain)
  })

  test("of the session does not stand in for the access token", () => {
    expect(sessions.logout).type.not.toBeCallableWith(session, session)
    expect(oauth.revokeToken).type.not.toBeCallableWith({ key: secret, secret }, session)
  })
})

describe("the emulator's credentials", () => {
  test("are Redacted, as the client's layers take them", () => {
    expect(ThingSpaceEmulator.credentials).type.toBeAssignableTo<Credentials.App & Credentials.Uws>()
    expect(ThingSpaceHttpClient.layer).type.toBeCallableWith(ThingSpaceEmulator.credentials)
  })

  test("are plain in the defaults, which the client's layers refuse", () => {
    expect(ThingSpaceHttpClient.layer).type.not.toBeCallableWith(ThingSpaceEmulator.defaults)
  })
})
