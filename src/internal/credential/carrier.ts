import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import { type AuthError, type Endpoint, EndpointError, type TokenError } from "../../AuthError.js"
import type { SessionToken } from "../../SessionToken.js"
import * as brake from "../client/renewalBackoff.js"
import * as headerValue from "../secrets/headerValue.js"
import { remember } from "../store/getOrInsert.js"
import type { Held } from "./state.js"

/**
 * What the middleware needs of a held credential, beside what its service shows to everyone.
 *
 * @internal
 */
export interface Carrier<T, E> {
  readonly peek: (now: number) => Held<T> | undefined
  readonly get: Effect.Effect<Held<T>, E>
  /** The platform accepted a request that was sent at this time; what is returned is still to be run. */
  readonly used: (held: Held<T>, sentAt: number) => Effect.Effect<void> | undefined
  /** Whether this may still be the credential that is held. */
  readonly mayHold: (held: Held<T>) => boolean
  readonly invalidate: (token: T) => Effect.Effect<void>
  readonly brakes: Brakes
}

/**
 * Kept with the credential, so that all clients that carry it share them: one for the refusals that name the
 * credential, one for those that may mean it.
 *
 * @internal
 */
export interface Brakes {
  readonly named: brake.Brake
  readonly unknown: brake.Brake
}

/** @internal */
export const makeBrakes = (): Brakes => ({ named: brake.make(false), unknown: brake.make(true) })

/**
 * The carriers of the services that this library made. Kept beside them rather than in them, so that a service that
 * somebody wraps is used through its own methods.
 *
 * @internal
 */
export const accessTokens = new WeakMap<object, Carrier<AccessToken, TokenError>>()

/** @internal */
export const sessions = new WeakMap<object, Carrier<SessionToken, AuthError>>()

/** Its strings can be read, but not printed: a fiber that acquires a credential ends with one. */
class HeldToken<T> implements Held<T> {
  readonly token: T
  expiresAt: number
  readonly #secret: string
  readonly #header: string

  constructor(token: T, secret: string, header: string, expiresAt: number) {
    this.token = token
    this.expiresAt = expiresAt
    this.#secret = secret
    this.#header = header
  }

  get secret() {
    return this.#secret
  }

  get header() {
    return this.#header
  }
}

const hold = <T extends AccessToken | SessionToken>(
  token: T,
  endpoint: Endpoint,
  prefix: string,
  expiresAt: number
): Effect.Effect<Held<T>, EndpointError> => {
  const secret = Redacted.value(token.secret)
  if (headerValue.isHeaderValue(secret)) return Effect.succeed(new HeldToken(token, secret, prefix + secret, expiresAt))
  const description = "the token holds characters that no header can carry"
  return Effect.fail(new EndpointError({ endpoint, reason: "NotSent", description }))
}

/** @internal */
export const holdAccessToken = (token: AccessToken): Effect.Effect<Held<AccessToken>, EndpointError> =>
  hold(
    token,
    "requestToken",
    "Bearer ",
    token.expiresAt._tag === "Some" ? token.expiresAt.value.epochMillis : Number.POSITIVE_INFINITY
  )

/** @internal */
export const holdSessionToken = (
  token: SessionToken,
  expiresAt = Number.POSITIVE_INFINITY
): Effect.Effect<Held<SessionToken>, EndpointError> => hold(token, "login", "", expiresAt)

/** @internal */
export const ofTokenSource = (source: {
  readonly get: Effect.Effect<AccessToken, TokenError>
  readonly invalidate: (token: AccessToken) => Effect.Effect<void>
}): Carrier<AccessToken, TokenError> =>
  remember(accessTokens, source, () => ({
    peek: () => undefined,
    get: Effect.flatMap(source.get, holdAccessToken),
    used: () => undefined,
    mayHold: () => true,
    invalidate: source.invalidate,
    brakes: makeBrakes()
  }))

/** @internal */
export const ofSessionSource = (source: {
  readonly get: Effect.Effect<SessionToken, AuthError>
  readonly used: (token: SessionToken, sentAt: number) => Effect.Effect<void>
  readonly invalidate: (token: SessionToken) => Effect.Effect<void>
}): Carrier<SessionToken, AuthError> =>
  remember(sessions, source, () => ({
    peek: () => undefined,
    get: Effect.flatMap(source.get, (token) => holdSessionToken(token)),
    used: (held, sentAt) => source.used(held.token, sentAt),
    mayHold: () => true,
    invalidate: source.invalidate,
    brakes: makeBrakes()
  }))
