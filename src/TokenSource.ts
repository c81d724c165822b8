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
import { dual, identity } from "effect/Function"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { AccessToken, fingerprint } from "./AccessToken.js"
import { EndpointError, type TokenError } from "./AuthError.js"
import { type App, AppCredentials } from "./Credentials.js"
import { constant, FastPath } from "./internal/credential/fastPath.js"
import { holdAccessToken } from "./internal/credential/held.js"
import * as heldCredential from "./internal/credential/heldCredential.js"
import * as layerFibers from "./internal/credential/layerFibers.js"
import { noteAcquired } from "./internal/credential/metrics.js"
import * as observation from "./internal/credential/observation.js"
import { readCredentials } from "./internal/credential/readCredentials.js"
import * as tokenPause from "./internal/endpoint/tokenPause.js"
import * as application from "./internal/store/application.js"
import * as sharing from "./internal/store/sharing.js"
import { OAuthClient } from "./OAuthClient.js"
import { type Settings, ThingSpaceConfig } from "./ThingSpaceConfig.js"

/**
 * What a source of access tokens does.
 *
 * The optional methods let a client send without running an effect. The sources of this module have them on their
 * prototype, so `{ ...source, get: other }` leaves them behind and is asked through its `get`; `map` keeps them.
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
   * Who waits for a request that somebody else began waits until its deadline, then begins another.
   */
  readonly get: Effect.Effect<AccessToken, TokenError>
  /** Forgets a token that the platform has refused; does nothing if another has taken its place already. */
  readonly invalidate: (token: AccessToken) => Effect.Effect<void>
  /**
   * Forgets the token and revokes it at the platform (RFC 7009), which ends it for every process with the same key.
   *
   * Does nothing if no token is held.
   */
  readonly revoke: Effect.Effect<void, TokenError>
  /** The platform that issues the token: clients over this source belong to it too. */
  readonly platform: Settings
  /** The token, if it can be sent at `now`, in milliseconds of the `Clock`, without asking anyone. */
  readonly unsafePeek?: (now: number) => AccessToken | undefined
  /** Whether this token may still be the one that `get` hands out. */
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
   * that had less than this left when it was acquired is kept until it has expired. Handed out again at its end, it is
   * asked for every 250 milliseconds until the platform issues another.
   */
  readonly refreshMargin?: Duration.DurationInput | undefined
}

const revived = (secret: string, expiresAt: number): AccessToken =>
  new AccessToken({
    secret: Redacted.make(secret),
    expiresAt: Number.isFinite(expiresAt) ? DateTime.make(expiresAt) : Option.none()
  })

const failure = (reason: "Timeout" | "NotSent", description: string): EndpointError =>
  new EndpointError({ endpoint: "requestToken", reason, description })

const silent = failure("Timeout", "asking for one has not ended in time")
const closed = failure("NotSent", "the layer that holds the access token has been closed")

/** Time to read the credentials, for a request, for its repetition, and to wait for another process. */
const deadline = (requestTimeout: Duration.Duration, patience: Duration.Duration): Duration.Duration =>
  Duration.sum(Duration.times(requestTimeout, 3), patience)

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
    const supplied = yield* AppCredentials
    const credentials = readCredentials(supplied, "App", platform.requestTimeout)
    const shares = yield* sharing.make("TokenSource", Option.none())

    const paused = tokenPause.make({
      credentials,
      request: (app) =>
        client.requestToken(app).pipe(
          Effect.tap((token) => Effect.logDebug(`Acquired access token ${fingerprint(token)}`)),
          Effect.flatMap(holdAccessToken)
        )
    })
    const shared =
      shares === undefined
        ? undefined
        : shares.tools.makeSlot<App, AccessToken, TokenError>({
            sharing: shares,
            subject: paused.credentials,
            vault: shares.vaultOf,
            parts: ({ key }) => ["token", Redacted.value(key)],
            acquire: (app) => Effect.map(paused.request(app), (held) => [held, app]),
            hold: (secret, expiresAt) => holdAccessToken(revived(secret, expiresAt)),
            wantsAnother: true,
            failed: identity
          })
    const held = yield* heldCredential.make<AccessToken, TokenError>({
      fibers: yield* layerFibers.make,
      acquire: Effect.zipLeft(shared?.acquire ?? paused.acquire, noteAcquired("token")),
      margin: Duration.toMillis(options?.refreshMargin ?? Duration.seconds(60)),
      deadline: deadline(platform.requestTimeout, shared?.patience ?? Duration.zero),
      isRepeatable: true,
      silent,
      closed
    })
    return Object.assign(new FastPath(held.published), application.bring(supplied), {
      get: held.get,
      invalidate: (token: AccessToken) =>
        Effect.flatMap(held.invalidate(token), (forgotten) =>
          forgotten ? Effect.logWarning(`The platform refused access token ${fingerprint(token)}`) : Effect.void
        ),
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
      ),
      platform
    })
  })

/**
 * Hands out other tokens in place of a source's own: what a proxy in front of the platform wants, for one.
 *
 * Unlike a wrapper made by a spread, the result can be read without running an effect if `self` can. `f` is called once
 * for each token; `invalidate` takes what it returned.
 *
 * @since 0.2.0
 * @category combinators
 */
export const map: {
  (f: (token: AccessToken) => AccessToken): (self: Service) => Service
  (self: Service, f: (token: AccessToken) => AccessToken): Service
} = dual(2, (self: Service, f: (token: AccessToken) => AccessToken): Service => {
  const mapped = new WeakMap<AccessToken, AccessToken>()
  const originals = new WeakMap<AccessToken, AccessToken>()
  const to = (original: AccessToken): AccessToken => {
    const known = mapped.get(original)
    if (known !== undefined) return known
    const made = f(original)
    mapped.set(original, made)
    originals.set(made, original)
    return made
  }
  const from = (token: AccessToken): AccessToken => originals.get(token) ?? token
  const peek = (now: number): AccessToken | undefined => {
    const token = self.unsafePeek?.(now)
    return token === undefined ? undefined : to(token)
  }
  const isCurrent = (token: AccessToken): boolean => self.isCurrent?.(from(token)) ?? true
  const own = FastPath.observedOf(self)
  const fastPath = new FastPath({ peek, isCurrent, observed: own && observation.map(own, to) })
  return Object.assign(fastPath, application.copied(self), {
    get: Effect.map(self.get, to),
    invalidate: (token: AccessToken) => self.invalidate(from(token)),
    revoke: self.revoke,
    platform: self.platform
  })
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
export const layerStatic = (secret: Redacted.Redacted): Layer.Layer<TokenSource> =>
  Layer.effect(
    TokenSource,
    Effect.map(ThingSpaceConfig, (platform) => {
      const token = new AccessToken({ secret, expiresAt: Option.none() })
      return Object.assign(new FastPath(constant(token)), {
        get: Effect.as(holdAccessToken(token), token),
        invalidate: () => Effect.void,
        revoke: Effect.void,
        platform
      })
    })
  )
