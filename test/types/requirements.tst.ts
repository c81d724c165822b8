/**
 * Proves that a program whose layers are incomplete does not run: the compiler names the one that is missing.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import type * as Redacted from "effect/Redacted"
import {
  type AuthError,
  Credentials,
  type LoginGuard,
  OAuthClient,
  SessionClient,
  SessionSource,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

type Failure = HttpClientError.HttpClientError | AuthError.AuthError

declare const secret: Redacted.Redacted
const options = { key: secret, secret, username: "the UWS user", password: secret }

const program = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  Effect.map(client.get("/api/m2m/v1/accounts/0000123456-00001"), ({ status }) => status)
)

describe("a program that uses the authenticated client", () => {
  test("requires it, and fails as it does", () => {
    expect(program).type.toBe<Effect.Effect<number, Failure, ThingSpaceHttpClient.ThingSpaceHttpClient>>()
  })

  test("does not run without it", () => {
    expect(Effect.runPromise).type.not.toBeCallableWith(program)
    expect(Effect.runPromiseExit).type.not.toBeCallableWith(program)
    expect(Effect.runFork).type.not.toBeCallableWith(program)
    expect(Effect.runSync).type.not.toBeCallableWith(program)
  })

  test("does not run with the plain HttpClient in its place", () => {
    const withPlainClient = Effect.provide(program, FetchHttpClient.layer)
    expect(withPlainClient).type.toBe<Effect.Effect<number, Failure, ThingSpaceHttpClient.ThingSpaceHttpClient>>()
    expect(Effect.runPromise).type.not.toBeCallableWith(withPlainClient)
  })

  test("does not run in another layer's runtime", () => {
    const runtime = ManagedRuntime.make(FetchHttpClient.layer)
    expect(runtime.runPromise).type.toBeCallableWith(Effect.void)
    expect(runtime.runPromise).type.not.toBeCallableWith(program)
  })
})

describe("the assembled layer", () => {
  const fromSecrets = Effect.provide(program, ThingSpaceHttpClient.layer(options))
  const fromEnvironment = Effect.provide(program, ThingSpaceHttpClient.layerConfig())

  test("leaves the HttpClient beneath it to be provided", () => {
    expect(fromSecrets).type.toBe<Effect.Effect<number, Failure | ConfigError.ConfigError, HttpClient.HttpClient>>()
    expect(Effect.runPromise).type.not.toBeCallableWith(fromSecrets)
    expect(fromEnvironment).type.toBe<Effect.Effect<number, Failure | ConfigError.ConfigError, HttpClient.HttpClient>>()
    expect(Effect.runPromise).type.not.toBeCallableWith(fromEnvironment)
  })

  test("runs over fetch, and over the emulator", () => {
    expect(Effect.runPromise).type.toBeCallableWith(Effect.provide(fromSecrets, FetchHttpClient.layer))
    expect(Effect.runPromise).type.toBeCallableWith(Effect.provide(fromEnvironment, FetchHttpClient.layer))
    expect(Effect.runPromise).type.toBeCallableWith(Effect.provide(fromSecrets, ThingSpaceEmulator.layer()))
  })

  test("is not launched without the HttpClient", () => {
    const layer = ThingSpaceHttpClient.layer(options)
    expect(ManagedRuntime.make).type.toBeCallableWith(Layer.provide(layer, FetchHttpClient.layer))
    expect(ManagedRuntime.make).type.not.toBeCallableWith(layer)
  })
})

describe("layerFromCredentials", () => {
  const layer = ThingSpaceHttpClient.layerFromCredentials()
  const withoutUser = layer.pipe(Layer.provide(Credentials.layerApp(options)), Layer.provide(FetchHttpClient.layer))
  const withoutApp = layer.pipe(Layer.provide(Credentials.layerUws(options)), Layer.provide(FetchHttpClient.layer))

  test("leaves AppCredentials where only the user is provided", () => {
    expect(withoutApp).type.toBe<
      Layer.Layer<ThingSpaceHttpClient.Services, ConfigError.ConfigError, Credentials.AppCredentials>
    >()
    expect(Effect.runPromise).type.not.toBeCallableWith(Effect.provide(program, withoutApp))
  })

  test("leaves UwsCredentials where only the application is provided", () => {
    expect(withoutUser).type.toBe<
      Layer.Layer<ThingSpaceHttpClient.Services, ConfigError.ConfigError, Credentials.UwsCredentials>
    >()
    expect(Effect.runPromise).type.not.toBeCallableWith(Effect.provide(program, withoutUser))
  })

  test("runs with both", () => {
    const complete = Layer.provide(withoutUser, Credentials.layerUws(options))
    expect(Effect.runPromise).type.toBeCallableWith(Effect.provide(program, complete))
  })
})

describe("layerFromSources", () => {
  const layer = Layer.provide(ThingSpaceHttpClient.layerFromSources, FetchHttpClient.layer)

  test("leaves the source that is not provided", () => {
    expect(Layer.provide(layer, TokenSource.layerStatic(secret))).type.toBe<
      Layer.Layer<ThingSpaceHttpClient.ThingSpaceHttpClient, never, SessionSource.SessionSource>
    >()
    expect(Layer.provide(layer, SessionSource.layerStatic(secret))).type.toBe<
      Layer.Layer<ThingSpaceHttpClient.ThingSpaceHttpClient, never, TokenSource.TokenSource>
    >()
  })

  test("runs with both", () => {
    const both = Layer.merge(TokenSource.layerStatic(secret), SessionSource.layerStatic(secret))
    expect(Effect.runPromise).type.toBeCallableWith(Effect.provide(program, Layer.provide(layer, both)))
  })
})

describe("the parts, put together by hand", () => {
  test("leave the credentials that their layers do not hold", () => {
    const tokens = Layer.provide(TokenSource.layer(), OAuthClient.layer)
    expect(tokens).type.toBe<
      Layer.Layer<TokenSource.TokenSource, never, HttpClient.HttpClient | Credentials.AppCredentials>
    >()
  })

  test("leave the guard and the user, without which no session logs in", () => {
    const sessions = SessionSource.layer().pipe(
      Layer.provide(SessionClient.layer),
      Layer.provide(FetchHttpClient.layer),
      Layer.provide(TokenSource.layerStatic(secret))
    )
    expect(sessions).type.toBe<
      Layer.Layer<SessionSource.SessionSource, never, LoginGuard.LoginGuard | Credentials.UwsCredentials>
    >()
  })
})

describe("layerHttpClient", () => {
  test("leaves the authenticated client that it stands for", () => {
    const plain = Effect.flatMap(HttpClient.HttpClient, (client) => client.get("/api/m2m/v1/accounts"))
    const provided = Effect.provide(plain, ThingSpaceHttpClient.layerHttpClient)
    expect(Effect.runPromise).type.not.toBeCallableWith(provided)
    expect<Effect.Effect.Context<typeof provided>>().type.toBe<ThingSpaceHttpClient.ThingSpaceHttpClient>()
    expect<Effect.Effect.Error<typeof provided>>().type.toBe<HttpClientError.HttpClientError>()
  })
})
