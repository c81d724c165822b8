/**
 * The current access token: acquired once for all who need it, renewed before it expires.
 *
 * @since 0.1.0
 * @module
 */
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { AccessToken, fingerprint } from "./AccessToken.js"
import { EndpointError, type TokenError } from "./AuthError.js"
import { type App, AppCredentials } from "./Credentials.js"
import * as carrier from "./internal/credential/carrier.js"
import * as renewable from "./internal/credential/heldCredential.js"
import * as background from "./internal/credential/layerFibers.js"
import * as supplied from "./internal/credential/readCredentials.js"
import * as sharing from "./internal/store/sharing.js"
import { OAuthClient } from "./OAuthClient.js"
import { type Settings, ThingSpaceConfig } from "./ThingSpaceConfig.js"

/**
 * What a source of access tokens does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The access token to send now.
   *
   * Callers that come while it is being acquired share one request, and its failure, which is not remembered. Within
   * the margin before it expires the token is still handed out while one attempt to renew it runs in the background.
   */
  readonly get: Effect.Effect<AccessToken, TokenError>
  /** Forgets a token that the platform has refused; does nothing where another has taken its place already. */
  readonly invalidate: (token: AccessToken) => Effect.Effect<void>
  /**
   * Forgets the token and revokes it at the platform (RFC 7009), which ends it for every process with the same key.
   *
   * Does nothing where no token is held.
   */
  readonly revoke: Effect.Effect<void, TokenError>
  /** The platform that the tokens are of. */
  readonly platform?: Settings
  /** The token, if it can be sent at this time without asking anyone. */
  readonly unsafePeek?: (now: number) => AccessToken | undefined
  /** Whether this is still the token that is held. */
  readonly isCurrent?: (token: AccessToken) => boolean
}

/**
 * The current access token.
 *
 * @since 0.1.0
 * @category tags
 */
export class TokenSource extends Context.Tag("effect-thingspace-auth/TokenSource")<TokenSource, Service>() {}

/**
 * How the token is held.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * How long before it expires a token's successor is looked for. Default 60 seconds.
   *
   * The platform re-issues the same token until it has expired, so a longer margin does not bring a longer life. A token
   * that had less than this left when it was acquired is kept until it has expired.
   */
  readonly refreshMargin?: Duration.DurationInput | undefined
}

const revived = (secret: string, expiresAt: number): AccessToken =>
  new AccessToken({
    secret: Redacted.make(secret),
    expiresAt: Number.isFinite(expiresAt) ? DateTime.make(expiresAt) : Option.none()
  })

const busy = new EndpointError({
  endpoint: "requestToken",
  reason: "Timeout",
  description: "another process has been asking for one for too long"
})

const closed = new EndpointError({
  endpoint: "requestToken",
  reason: "NotSent",
  description: "the layer that holds the access token has been closed"
})

/**
 * A source over `OAuthClient` that lives as long as its scope; after that `get` sends nothing and fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: Options): Effect.Effect<Service, never, OAuthClient | AppCredentials | Scope.Scope> =>
  Effect.gen(function* () {
    const client = yield* OAuthClient
    const platform = yield* ThingSpaceConfig
    const credentials = supplied.within(yield* AppCredentials, "App", platform.requestTimeout)
    const shares = yield* sharing.make("TokenSource")

    const request = (app: App) =>
      client.requestToken(app).pipe(
        Effect.tap((token) => Effect.logDebug(`Acquired access token ${fingerprint(token)}`)),
        Effect.flatMap(carrier.holdAccessToken)
      )
    const shared =
      shares === undefined
        ? undefined
        : shares.tools.makeSlot<App, AccessToken, TokenError>({
            sharing: shares,
            subject: credentials,
            vault: shares.vaultOf,
            parts: ({ key }) => ["token", Redacted.value(key)],
            acquire: (app) => Effect.map(request(app), (held) => [held, app]),
            hold: (secret, expiresAt) => carrier.holdAccessToken(revived(secret, expiresAt)),
            wantsAnother: true,
            failed: identity,
            busy
          })
    const held = yield* renewable.make<AccessToken, TokenError>({
      background: yield* background.make,
      acquire: shared?.acquire ?? Effect.flatMap(credentials, request),
      margin: Duration.toMillis(options?.refreshMargin ?? Duration.seconds(60)),
      closed
    })
    const invalidate = (token: AccessToken): Effect.Effect<void> =>
      Effect.flatMap(held.invalidate(Redacted.value(token.secret)), (forgotten) =>
        forgotten ? Effect.logWarning(`The platform refused access token ${fingerprint(token)}`) : Effect.void
      )

    const service: Service = {
      get: Effect.map(held.get, ({ token }) => token),
      platform,
      unsafePeek: (now) => held.peek(now)?.token,
      isCurrent: ({ secret }) => held.current()?.secret === Redacted.value(secret),
      invalidate,
      revoke: Effect.flatMap(
        held.take,
        Option.match({
          onNone: () => Effect.void,
          onSome: ({ secret, token }) =>
            Effect.zipRight(
              shared?.withdraw(secret) ?? Effect.void,
              Effect.flatMap(credentials, (app) => client.revokeToken(app, token))
            )
        })
      )
    }
    return service
  })

/**
 * The source as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<TokenSource, never, OAuthClient | AppCredentials> =>
  Layer.scoped(TokenSource, make(options))

/**
 * A token that was issued elsewhere and does not change, such as the test token of the platform's simulator, which does
 * not expire. It can neither be renewed nor revoked here.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStatic = (secret: Redacted.Redacted): Layer.Layer<TokenSource> => {
  const token = new AccessToken({ secret, expiresAt: Option.none() })
  return Layer.succeed(TokenSource, {
    get: Effect.as(
      Effect.suspend(() => carrier.holdAccessToken(token)),
      token
    ),
    unsafePeek: () => token,
    isCurrent: () => true,
    invalidate: () => Effect.void,
    revoke: Effect.void
  })
}
