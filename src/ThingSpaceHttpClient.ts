/**
 * An `HttpClient` that carries both credentials, renews both, and does not lock the account.
 *
 * @since 0.1.0
 * @module
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type { AuthError, TokenError } from "./AuthError.js"
import * as AuthStatus from "./AuthStatus.js"
import * as Credentials from "./Credentials.js"
import * as carrying from "./internal/client/carrying.js"
import { plainClient } from "./internal/client/plainClient.js"
import { CredentialStore } from "./internal/store/reference.js"
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
 * A URL that begins with one slash is joined to `baseUrl`. Fails with `AuthError` if there are no credentials to send. A
 * refusal of credentials is handed on if renewing them has not helped.
 *
 * @since 0.1.0
 * @category tags
 */
export class ThingSpaceHttpClient extends Context.Tag("effect-thingspace-auth/ThingSpaceHttpClient")<
  ThingSpaceHttpClient,
  HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError>
>() {}

/**
 * What a client needs to carry the access token.
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

/**
 * Has a client carry the access token, and send a request again, once, with another if the platform refuses it.
 *
 * Requests to another origin, or with a `host` header that is not the URL's, fail with `RequestError` `InvalidUrl`. The
 * caller's `authorization` is replaced, cookies are dropped, a session header passes. A body that can be read only once
 * is not sent again. Redirects are not followed: put `followRedirects` on the result, never on the client given.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withAccessToken: carrying.Carrying<AccessTokenOptions, TokenError> = dual(2, carrying.accessToken)

/**
 * Has a client carry both credentials, and send a request again, at most once for each, if the platform refuses one.
 *
 * Session headers of the caller's are replaced. All else is as for `withAccessToken`; a client given to this must not
 * carry the access token already.
 *
 * @since 0.1.0
 * @category combinators
 */
export const withSession: carrying.Carrying<SessionOptions, AuthError> = dual(2, carrying.both)

const fromSources = (store: Option.Option<unknown>) =>
  Effect.gen(function* () {
    yield* carrying.hidingHeaders
    return carrying.both(yield* HttpClient.HttpClient, {
      tokens: yield* TokenSource.TokenSource,
      sessions: yield* SessionSource.SessionSource,
      config: yield* ThingSpaceConfig.ThingSpaceConfig,
      classify: yield* Rejection.Classifier,
      store
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
> = Layer.scoped(ThingSpaceHttpClient, fromSources(carrying.unknownStore))

/**
 * How the assembled layers hold credentials, and where the platform is: an option wins, else the `ThingSpaceConfig`
 * beneath, else production. An unusable address is a `ConfigError`.
 *
 * @since 0.2.0
 * @category models
 */
export interface PipelineOptions extends ThingSpaceConfig.Options, TokenSource.Options, SessionSource.Options {}

/**
 * The secrets, and the options.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Credentials.App, Credentials.Uws, PipelineOptions {}

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
  | AuthStatus.AuthStatus

/** One Effect, not composed layers: each layer retains about 5 KiB. */
const perUser = (options: SessionSource.Options | undefined) =>
  Effect.gen(function* () {
    const store = yield* CredentialStore
    const guarded = Context.make(LoginGuard.LoginGuard, yield* LoginGuard.make)
    const beneath = Context.add(guarded, SessionClient.SessionClient, yield* SessionClient.make)
    const sessions = yield* Effect.provide(SessionSource.make(options), beneath)
    const client = yield* Effect.provideService(fromSources(store), SessionSource.SessionSource, sessions)
    yield* carrying.logBuilt
    const held = Context.add(guarded, SessionSource.SessionSource, sessions)
    const status = yield* Effect.provide(AuthStatus.make, held)
    return Context.add(Context.add(held, ThingSpaceHttpClient, client), AuthStatus.AuthStatus, status)
  })

const pipeline = (options: PipelineOptions = {}) =>
  Effect.gen(function* () {
    const client = yield* OAuthClient.make
    const tokens = yield* Effect.provideService(TokenSource.make(options), OAuthClient.OAuthClient, client)
    const parts = yield* Effect.provideService(perUser(options), TokenSource.TokenSource, tokens)
    return Context.add(parts, TokenSource.TokenSource, tokens)
  }).pipe(
    Effect.provideServiceEffect(
      ThingSpaceConfig.ThingSpaceConfig,
      Effect.flatMap(ThingSpaceConfig.ThingSpaceConfig, (beneath) => ThingSpaceConfig.override(beneath, options))
    )
  )

type Assembled<R> = Layer.Layer<Services, ConfigError.ConfigError, HttpClient.HttpClient | R>

/**
 * One UWS user over the access token of an application that has many, at that token's platform. Else as `layer`.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerForUser = (
  options?: SessionSource.Options
): Layer.Layer<
  Exclude<Services, TokenSource.TokenSource>,
  never,
  HttpClient.HttpClient | TokenSource.TokenSource | Credentials.UwsCredentials
> =>
  Layer.scopedContext(
    Effect.flatMap(TokenSource.TokenSource, ({ platform }) =>
      Effect.provideService(perUser(options), ThingSpaceConfig.ThingSpaceConfig, platform)
    )
  )

/**
 * The whole pipeline over credentials that the program provides, such as rotating ones from a vault. Else as `layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFromCredentials = (
  options?: PipelineOptions
): Assembled<Credentials.AppCredentials | Credentials.UwsCredentials> => Layer.scopedContext(pipeline(options))

/**
 * The whole pipeline: the authenticated client, and the services it is made of.
 *
 * A layer is one set of credentials: keep the value it returns, because each call makes another set, with its own login.
 * The `HttpClient` beneath must not repeat requests: each repeated login counts towards the lock. Retry the result.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Assembled<never> =>
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
 * A variable that is missing, empty or unusable is a `ConfigError` that names it.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options?: PipelineOptions): Assembled<never> =>
  layerFromCredentials(options).pipe(
    Layer.provide(Layer.fresh(Layer.merge(Credentials.layerConfig, ThingSpaceConfig.layerConfig)))
  )

/**
 * The authenticated client as the plain `HttpClient`, for `HttpApiClient` and generated clients: an `AuthError` becomes
 * the `cause` of a `RequestError`, with reason `Transport` if `AuthError.isTransient` says that it passes, else `Encode`.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient: Layer.Layer<HttpClient.HttpClient, never, ThingSpaceHttpClient> = Layer.fresh(
  Layer.effect(HttpClient.HttpClient, Effect.map(ThingSpaceHttpClient, plainClient))
)
