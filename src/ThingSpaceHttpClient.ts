/**
 * An `HttpClient` that carries both credentials, renews both, and does not lock the account.
 *
 * @since 0.1.0
 * @module
 */
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import type { AuthError, TokenError } from "./AuthError.js"
import * as Credentials from "./Credentials.js"
import * as middleware from "./internal/client/middleware.js"
import { plainClient } from "./internal/client/plainClient.js"
import * as carrier from "./internal/credential/carrier.js"
import * as guard from "./internal/http/surroundings.js"
import * as LoginGuard from "./LoginGuard.js"
import * as OAuthClient from "./OAuthClient.js"
import * as Rejection from "./Rejection.js"
import * as SessionClient from "./SessionClient.js"
import * as SessionSource from "./SessionSource.js"
import * as ThingSpaceConfig from "./ThingSpaceConfig.js"
import * as TokenSource from "./TokenSource.js"

/**
 * The authenticated client: its requests go to the platform, or fail before they are sent.
 *
 * A URL that begins with one slash is joined to `baseUrl`. Fails with `AuthError` where there are no credentials to
 * send, also where a refused one could not be renewed; otherwise as the client beneath it does. A response that refuses
 * credentials is handed on where renewing them has not helped; in the minute after, such refusals are handed on at once.
 *
 * @since 0.1.0
 * @category tags
 */
export class ThingSpaceHttpClient extends Context.Tag("effect-thingspace-auth/ThingSpaceHttpClient")<
  ThingSpaceHttpClient,
  HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError>
>() {}

/**
 * What a client of the user's own needs to carry the access token.
 *
 * @since 0.1.0
 * @category models
 */
export interface AccessTokenOptions {
  /** Where the access token comes from. */
  readonly tokens: TokenSource.Service
  /** Which origins may receive it. Default: the production platform's. */
  readonly config?: ThingSpaceConfig.Settings | undefined
  /** How refusals are recognised. Default `Rejection.classify`. */
  readonly classify?: ((status: number, body: string) => Rejection.Rejection) | undefined
}

/**
 * What a client of the user's own needs to carry both credentials.
 *
 * @since 0.1.0
 * @category models
 */
export interface SessionOptions extends AccessTokenOptions {
  /** Where the session comes from. */
  readonly sessions: SessionSource.Service
}

const shared = (options: AccessTokenOptions) => ({
  tokens: carrier.ofTokenSource(options.tokens),
  settings: options.config ?? ThingSpaceConfig.ThingSpaceConfig.defaultValue(),
  classify: options.classify ?? Rejection.classify
})

/**
 * Has a client carry the access token, and send a request again, once, with another where the platform refuses it.
 *
 * Requests to an origin that may not receive it fail with `RequestError` `InvalidUrl`; a body that can be read only once
 * is not sent again. Redirects are not followed: put `followRedirects` on the result, never on the client given.
 *
 * @example
 * ```ts
 * import * as HttpClient from "@effect/platform/HttpClient"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import * as Redacted from "effect/Redacted"
 * import { ThingSpaceEmulator, ThingSpaceHttpClient, TokenSource } from "effect-thingspace-auth"
 *
 * const program = Effect.gen(function* () {
 *   const client = ThingSpaceHttpClient.withAccessToken(yield* HttpClient.HttpClient, {
 *     tokens: yield* TokenSource.TokenSource
 *   })
 *   const error = yield* Effect.flip(client.get("https://elsewhere.example/"))
 *   console.log(error._tag === "RequestError" && error.reason) // => InvalidUrl
 * })
 *
 * const services = Layer.merge(TokenSource.layerStatic(Redacted.make("my test token")), ThingSpaceEmulator.layer())
 *
 * await Effect.runPromise(Effect.provide(program, services))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withAccessToken: {
  (
    options: AccessTokenOptions
  ): <E, R>(
    client: HttpClient.HttpClient.With<E, R>
  ) => HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | TokenError, R>
  <E, R>(
    client: HttpClient.HttpClient.With<E, R>,
    options: AccessTokenOptions
  ): HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | TokenError, R>
} = dual(
  2,
  <E, R>(
    client: HttpClient.HttpClient.With<E, R>,
    options: AccessTokenOptions
  ): HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | TokenError, R> =>
    middleware.make<E, R, never>(client, { ...shared(options), sessions: undefined })
)

/**
 * Has a client carry both credentials, and send a request again, at most once for each, where the platform refuses one.
 *
 * All else is as for `withAccessToken`; a client given to this must not carry the access token already.
 *
 * @example
 * ```ts
 * import * as HttpClient from "@effect/platform/HttpClient"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { SessionSource, ThingSpaceEmulator, ThingSpaceHttpClient, TokenSource } from "effect-thingspace-auth"
 *
 * const { account } = ThingSpaceEmulator.defaults
 *
 * const program = Effect.gen(function* () {
 *   const own = HttpClient.tapRequest(yield* HttpClient.HttpClient, ({ method, url }) => Effect.log(method, url))
 *   const client = ThingSpaceHttpClient.withSession(own, {
 *     tokens: yield* TokenSource.TokenSource,
 *     sessions: yield* SessionSource.SessionSource
 *   })
 *   const response = yield* client.get(`/api/m2m/v1/accounts/${account}`)
 *   console.log(response.status) // => 200
 * })
 *
 * const ThingSpaceTest = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
 *   Layer.provideMerge(ThingSpaceEmulator.layer())
 * )
 *
 * await Effect.runPromise(Effect.provide(program, ThingSpaceTest))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const withSession: {
  (
    options: SessionOptions
  ): <E, R>(
    client: HttpClient.HttpClient.With<E, R>
  ) => HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | AuthError, R>
  <E, R>(
    client: HttpClient.HttpClient.With<E, R>,
    options: SessionOptions
  ): HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | AuthError, R>
} = dual(
  2,
  <E, R>(
    client: HttpClient.HttpClient.With<E, R>,
    options: SessionOptions
  ): HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | AuthError, R> =>
    middleware.make<E, R, AuthError>(client, {
      ...shared(options),
      sessions: carrier.ofSessionSource(options.sessions)
    })
)

const fromSources = Effect.gen(function* () {
  yield* Effect.locallyScopedWith(Headers.currentRedactedNames, (names) =>
    guard.addNames(names, guard.credentialHeaders)
  )
  return withSession(yield* HttpClient.HttpClient, {
    tokens: yield* TokenSource.TokenSource,
    sessions: yield* SessionSource.SessionSource,
    config: yield* ThingSpaceConfig.ThingSpaceConfig,
    classify: yield* Rejection.Classifier
  })
})

/**
 * The authenticated client over sources that the program provides: static ones, shared ones, or its own.
 *
 * A build shares this value, as any layer: wrap it in `Layer.fresh` for each further account.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFromSources: Layer.Layer<
  ThingSpaceHttpClient,
  never,
  HttpClient.HttpClient | TokenSource.TokenSource | SessionSource.SessionSource
> = Layer.scoped(ThingSpaceHttpClient, fromSources)

/**
 * The secrets, and how the credentials got with them are held.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Credentials.App, Credentials.Uws, TokenSource.Options, SessionSource.Options {}

/**
 * What the assembled layers provide: the client, and what it is made of that a program may want to speak to.
 *
 * @since 0.1.0
 * @category models
 */
export type Services =
  | ThingSpaceHttpClient
  | TokenSource.TokenSource
  | SessionSource.SessionSource
  | LoginGuard.LoginGuard

/** The parts that belong to a user: in one piece, because what a layer leaves behind is ten KiB. */
const perUser = (
  options: SessionSource.Options | undefined
): Effect.Effect<
  Context.Context<Exclude<Services, TokenSource.TokenSource>>,
  never,
  HttpClient.HttpClient | TokenSource.TokenSource | Credentials.UwsCredentials | Scope.Scope
> =>
  Effect.gen(function* () {
    const guarded = Context.make(LoginGuard.LoginGuard, yield* LoginGuard.make)
    const client = yield* SessionClient.make
    const sessions = yield* Effect.provide(
      SessionSource.make(options),
      Context.add(guarded, SessionClient.SessionClient, client)
    )
    const authenticated = yield* Effect.provideService(fromSources, SessionSource.SessionSource, sessions)
    return guarded.pipe(
      Context.add(SessionSource.SessionSource, sessions),
      Context.add(ThingSpaceHttpClient, authenticated)
    )
  })

const pipeline = (
  options: (TokenSource.Options & SessionSource.Options) | undefined
): Effect.Effect<
  Context.Context<Services>,
  never,
  HttpClient.HttpClient | Credentials.AppCredentials | Credentials.UwsCredentials | Scope.Scope
> =>
  Effect.gen(function* () {
    const client = yield* OAuthClient.make
    const tokens = yield* Effect.provideService(TokenSource.make(options), OAuthClient.OAuthClient, client)
    const parts = yield* Effect.provideService(perUser(options), TokenSource.TokenSource, tokens)
    return Context.add(parts, TokenSource.TokenSource, tokens)
  })

/**
 * The client of one UWS user, over the access token of an application that has many: a company that manages devices for
 * others has one user for each account. `LayerMap` makes such layers on demand, and releases those that are not used.
 *
 * What the guard knows of a user outlives the layer, for as long as the `TokenSource` does: an account that is released
 * and made anew does not repeat a refused password. All else is as for `layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFromTokens = (
  options?: SessionSource.Options
): Layer.Layer<
  Exclude<Services, TokenSource.TokenSource>,
  never,
  HttpClient.HttpClient | TokenSource.TokenSource | Credentials.UwsCredentials
> => Layer.scopedContext(perUser(options))

/**
 * The whole pipeline over credentials that the program provides: rotating ones, from `Credentials.layerAppEffect` and
 * `Credentials.layerUwsEffect`, or from a vault. All else is as for `layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFromCredentials = (
  options?: TokenSource.Options & SessionSource.Options
): Layer.Layer<Services, never, HttpClient.HttpClient | Credentials.AppCredentials | Credentials.UwsCredentials> =>
  // Made anew in each call, because a build shares layers that are the same value: two accounts would get one client.
  Layer.scopedContext(pipeline(options))

/**
 * The whole pipeline: the authenticated client, and the services it is made of.
 *
 * A layer is one set of credentials: keep the value it returns and provide that, because each call makes another set,
 * with a login and a guard of its own. The `HttpClient` beneath must not repeat requests by itself: a login that it
 * repeats counts towards the lock each time. Retry the result instead.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * const { account } = ThingSpaceEmulator.defaults
 *
 * // In production: your own credentials, and `FetchHttpClient.layer` beneath.
 * const ThingSpaceTest = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
 *   Layer.provide(ThingSpaceEmulator.layer())
 * )
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
 *   const response = yield* client.get(`/api/m2m/v1/accounts/${account}`)
 *   console.log(response.status) // => 200
 * })
 *
 * await Effect.runPromise(Effect.provide(program, ThingSpaceTest))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Services, never, HttpClient.HttpClient> =>
  Layer.scopedContext(
    pipeline(options).pipe(
      Effect.provideService(Credentials.AppCredentials, Effect.succeed(options)),
      Effect.provideService(Credentials.UwsCredentials, Effect.succeed(options))
    )
  )

/**
 * The whole pipeline with its secrets and the platform's address from the environment: `THINGSPACE_APP_KEY`,
 * `THINGSPACE_APP_SECRET`, `THINGSPACE_UWS_USERNAME`, `THINGSPACE_UWS_PASSWORD` and, optional, `THINGSPACE_BASE_URL`.
 *
 * A variable that is missing, empty or unusable is a `ConfigError` that names it, before anything is sent.
 *
 * @example
 * ```ts
 * import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
 * import * as ConfigProvider from "effect/ConfigProvider"
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * const ThingSpaceLive = ThingSpaceHttpClient.layerConfig().pipe(Layer.provide(FetchHttpClient.layer))
 *
 * const environment = ConfigProvider.fromJson({
 *   THINGSPACE_APP_KEY: "the application key",
 *   THINGSPACE_APP_SECRET: "its secret",
 *   THINGSPACE_UWS_USERNAME: "the UWS user"
 * })
 * const error = await Effect.runPromise(
 *   Layer.launch(ThingSpaceLive).pipe(Effect.withConfigProvider(environment), Effect.flip)
 * )
 * console.log(error._op, String(error).includes("THINGSPACE_UWS_PASSWORD")) // => MissingData true
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options?: TokenSource.Options & SessionSource.Options
): Layer.Layer<Services, ConfigError.ConfigError, HttpClient.HttpClient> =>
  layerFromCredentials(options).pipe(
    Layer.provide(Layer.fresh(Layer.merge(Credentials.layerConfig, ThingSpaceConfig.layerConfig)))
  )

/**
 * The authenticated client as the plain `HttpClient`, for `HttpApiClient` and for generated clients, which know no other
 * errors: an `AuthError` becomes the `cause` of a `RequestError`, with reason `Transport` for an `EndpointError`, which
 * may pass, and `Encode` for the others, which `HttpClient.retryTransient` does not repeat.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient: Layer.Layer<HttpClient.HttpClient, never, ThingSpaceHttpClient> = Layer.fresh(
  Layer.effect(HttpClient.HttpClient, Effect.map(ThingSpaceHttpClient, plainClient))
)
