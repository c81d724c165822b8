/**
 * Proves what each exported layer provides, fails with and requires, and that no exported layer is missing here.
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpServer from "@effect/platform/HttpServer"
import type * as KeyValueStore from "@effect/platform/KeyValueStore"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import {
  type AccessToken,
  AuthError,
  AuthStatus,
  CredentialStore,
  Credentials,
  LoginGuard,
  OAuthClient,
  type Rejection,
  SessionClient,
  SessionSource,
  type SessionToken,
  ThingSpaceConfig,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import * as RedisCredentialStore from "effect-thingspace-auth/RedisCredentialStore"
import { describe, expect, test } from "tstyche"

/** The names under which a module exports a layer, or a function that makes one. */
type LayersOf<Module> = {
  [Name in keyof Module]: Module[Name] extends Layer.Layer.Any | ((...args: never) => Layer.Layer.Any) ? Name : never
}[keyof Module]

class Vault extends Context.Tag("Vault")<Vault, Effect.Effect<Redacted.Redacted, Error>>() {}

declare const secret: Redacted.Redacted
const app = { key: secret, secret }
const user = { username: "the UWS user", password: secret }

const sealed = new AuthError.CredentialsError({ credentials: "App", description: "the vault is sealed" })
const password = Effect.mapError(Effect.flatten(Vault), () => sealed)

describe("Credentials", () => {
  test("has five layers", () => {
    expect<LayersOf<typeof Credentials>>().type.toBe<
      "layerApp" | "layerAppEffect" | "layerConfig" | "layerUws" | "layerUwsEffect"
    >()
  })

  test("provides from values what never fails and requires nothing", () => {
    expect(Credentials.layerApp(app)).type.toBe<Layer.Layer<Credentials.AppCredentials>>()
    expect(Credentials.layerUws(user)).type.toBe<Layer.Layer<Credentials.UwsCredentials>>()
  })

  test("passes on what an Effect requires", () => {
    const rotatingApp = Effect.map(password, (secret) => ({ key: secret, secret }))
    const rotatingUser = Effect.map(password, (password) => ({ ...user, password }))
    expect(Credentials.layerAppEffect(rotatingApp)).type.toBe<Layer.Layer<Credentials.AppCredentials, never, Vault>>()
    expect(Credentials.layerUwsEffect(rotatingUser)).type.toBe<Layer.Layer<Credentials.UwsCredentials, never, Vault>>()
    expect(Credentials.layerUwsEffect(Effect.succeed(user))).type.toBe<Layer.Layer<Credentials.UwsCredentials>>()
  })

  test("refuses an Effect that fails with anything but CredentialsError", () => {
    expect(Credentials.layerAppEffect).type.toBeCallableWith(Effect.fail(sealed))
    expect(Credentials.layerAppEffect).type.not.toBeCallableWith(Effect.fail(new Error("sealed")))
    expect(Credentials.layerUwsEffect).type.toBeCallableWith(Effect.fail(sealed))
    expect(Credentials.layerUwsEffect).type.not.toBeCallableWith(Effect.fail("sealed" as const))
  })

  test("provides both from the environment, or a ConfigError", () => {
    expect(Credentials.layerConfig).type.toBe<
      Layer.Layer<Credentials.AppCredentials | Credentials.UwsCredentials, ConfigError.ConfigError>
    >()
  })
})

describe("the stateless clients", () => {
  test("have one layer each, which requires an HttpClient alone", () => {
    expect<LayersOf<typeof OAuthClient>>().type.toBe<"layer">()
    expect<LayersOf<typeof SessionClient>>().type.toBe<"layer">()
    expect(OAuthClient.layer).type.toBe<Layer.Layer<OAuthClient.OAuthClient, never, HttpClient.HttpClient>>()
    expect(SessionClient.layer).type.toBe<Layer.Layer<SessionClient.SessionClient, never, HttpClient.HttpClient>>()
  })
})

describe("the sources and the guard", () => {
  test("have a layer that holds and, both sources, one that is static", () => {
    expect<LayersOf<typeof TokenSource>>().type.toBe<"layer" | "layerStatic">()
    expect<LayersOf<typeof SessionSource>>().type.toBe<"layer" | "layerStatic">()
    expect<LayersOf<typeof LoginGuard>>().type.toBe<"layer" | "layerMemory">()
  })

  test("require what they are made of", () => {
    expect(TokenSource.layer()).type.toBe<
      Layer.Layer<TokenSource.TokenSource, never, OAuthClient.OAuthClient | Credentials.AppCredentials>
    >()
    expect(SessionSource.layer()).type.toBe<
      Layer.Layer<
        SessionSource.SessionSource,
        never,
        TokenSource.TokenSource | LoginGuard.LoginGuard | SessionClient.SessionClient | Credentials.UwsCredentials
      >
    >()
    expect(LoginGuard.layer).type.toBe<Layer.Layer<LoginGuard.LoginGuard>>()
    expect(LoginGuard.layerMemory).type.toBe<Layer.Layer<never>>()
  })

  test("require nothing where they are static", () => {
    expect(TokenSource.layerStatic(secret)).type.toBe<Layer.Layer<TokenSource.TokenSource>>()
    expect(SessionSource.layerStatic(secret)).type.toBe<Layer.Layer<SessionSource.SessionSource>>()
  })
})

describe("AuthStatus", () => {
  test("has one layer, which requires the parts that it looks at", () => {
    expect<LayersOf<typeof AuthStatus>>().type.toBe<"layer">()
    expect(AuthStatus.layer).type.toBe<
      Layer.Layer<
        AuthStatus.AuthStatus,
        never,
        TokenSource.TokenSource | SessionSource.SessionSource | LoginGuard.LoginGuard
      >
    >()
  })
})

describe("ThingSpaceConfig", () => {
  test("has two layers, which can fail with ConfigError and require nothing", () => {
    expect<LayersOf<typeof ThingSpaceConfig>>().type.toBe<"layer" | "layerConfig">()
    expect(ThingSpaceConfig.layer({})).type.toBe<
      Layer.Layer<ThingSpaceConfig.ThingSpaceConfig, ConfigError.ConfigError>
    >()
    expect(ThingSpaceConfig.layerConfig).type.toBe<
      Layer.Layer<ThingSpaceConfig.ThingSpaceConfig, ConfigError.ConfigError>
    >()
  })
})

describe("CredentialStore", () => {
  test("has two layers, of which one requires a KeyValueStore, and one way to seal them", () => {
    expect<LayersOf<typeof CredentialStore>>().type.toBe<"layer" | "layerKeyValueStore" | "sealedWith">()
    expect(CredentialStore.layer).type.toBe<
      (store: CredentialStore.Service) => Layer.Layer<CredentialStore.CredentialStore>
    >()
    expect(CredentialStore.layerKeyValueStore).type.toBe<
      Layer.Layer<CredentialStore.CredentialStore, never, KeyValueStore.KeyValueStore>
    >()
  })

  test("has three layers in Redis, of which two connect and can fail with ConfigError", () => {
    expect<LayersOf<typeof RedisCredentialStore>>().type.toBe<"layer" | "layerConfig" | "layerFromClient">()
    expect(RedisCredentialStore.layer({ url: secret })).type.toBe<
      Layer.Layer<CredentialStore.CredentialStore, ConfigError.ConfigError>
    >()
    expect(RedisCredentialStore.layerConfig()).type.toBe<
      Layer.Layer<CredentialStore.CredentialStore, ConfigError.ConfigError>
    >()
  })
})

describe("ThingSpaceHttpClient", () => {
  test("has six layers", () => {
    expect<LayersOf<typeof ThingSpaceHttpClient>>().type.toBe<
      "layer" | "layerConfig" | "layerFromCredentials" | "layerFromSources" | "layerForUser" | "layerHttpClient"
    >()
  })

  test("takes no address for one user, who is at the platform of the tokens", () => {
    expect(ThingSpaceHttpClient.layer).type.toBeCallableWith({ ...app, ...user, baseUrl: "https://a.example" })
    expect(ThingSpaceHttpClient.layerConfig).type.toBeCallableWith({ baseUrl: "https://a.example" })
    expect(ThingSpaceHttpClient.layerForUser).type.not.toBeCallableWith({ baseUrl: "https://a.example" })
  })

  test("makes the pipeline of one user over tokens that many share", () => {
    expect(ThingSpaceHttpClient.layerForUser()).type.toBe<
      Layer.Layer<
        | ThingSpaceHttpClient.ThingSpaceHttpClient
        | SessionSource.SessionSource
        | LoginGuard.LoginGuard
        | AuthStatus.AuthStatus,
        never,
        HttpClient.HttpClient | TokenSource.TokenSource | Credentials.UwsCredentials
      >
    >()
  })

  test("provides the client, both sources, the guard and the status", () => {
    expect<ThingSpaceHttpClient.Services>().type.toBe<
      | ThingSpaceHttpClient.ThingSpaceHttpClient
      | TokenSource.TokenSource
      | SessionSource.SessionSource
      | LoginGuard.LoginGuard
      | AuthStatus.AuthStatus
    >()
  })

  test("fails with ConfigError alone, and requires an HttpClient alone, if the secrets are given", () => {
    expect(ThingSpaceHttpClient.layer({ ...app, ...user })).type.toBe<
      Layer.Layer<ThingSpaceHttpClient.Services, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
  })

  test("adds ConfigError, and nothing else, where the secrets come from the environment", () => {
    expect(ThingSpaceHttpClient.layerConfig()).type.toBe<
      Layer.Layer<ThingSpaceHttpClient.Services, ConfigError.ConfigError, HttpClient.HttpClient>
    >()
  })

  test("requires both credentials beside the HttpClient in layerFromCredentials", () => {
    expect(ThingSpaceHttpClient.layerFromCredentials()).type.toBe<
      Layer.Layer<
        ThingSpaceHttpClient.Services,
        ConfigError.ConfigError,
        HttpClient.HttpClient | Credentials.AppCredentials | Credentials.UwsCredentials
      >
    >()
  })

  test("provides the client alone over both sources in layerFromSources", () => {
    expect(ThingSpaceHttpClient.layerFromSources).type.toBe<
      Layer.Layer<
        ThingSpaceHttpClient.ThingSpaceHttpClient,
        never,
        HttpClient.HttpClient | TokenSource.TokenSource | SessionSource.SessionSource
      >
    >()
  })

  test("turns into the plain HttpClient in layerHttpClient", () => {
    expect(ThingSpaceHttpClient.layerHttpClient).type.toBe<
      Layer.Layer<HttpClient.HttpClient, never, ThingSpaceHttpClient.ThingSpaceHttpClient>
    >()
  })
})

describe("ThingSpaceEmulator", () => {
  test("has four layers", () => {
    expect<LayersOf<typeof ThingSpaceEmulator>>().type.toBe<"layer" | "layerFor" | "layerState" | "serve">()
  })

  test("provides itself and an HttpClient in memory", () => {
    expect(ThingSpaceEmulator.layer()).type.toBe<
      Layer.Layer<ThingSpaceEmulator.ThingSpaceEmulator | HttpClient.HttpClient>
    >()
  })

  test("provides itself alone without a way to reach it", () => {
    expect(ThingSpaceEmulator.layerState()).type.toBe<Layer.Layer<ThingSpaceEmulator.ThingSpaceEmulator>>()
    expect(ThingSpaceEmulator.app).type.toBe<HttpApp.Default<never, ThingSpaceEmulator.ThingSpaceEmulator>>()
  })

  test("requires the HttpServer that it is served on", () => {
    expect(ThingSpaceEmulator.serve()).type.toBe<
      Layer.Layer<ThingSpaceEmulator.ThingSpaceEmulator, never, HttpServer.HttpServer>
    >()
  })
})

describe("the modules of values", () => {
  test("have no layers", () => {
    expect<
      LayersOf<typeof AccessToken> | LayersOf<typeof SessionToken> | LayersOf<typeof Rejection>
    >().type.toBe<never>()
    expect<LayersOf<typeof AuthError>>().type.toBe<never>()
  })
})
