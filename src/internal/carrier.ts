import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../AccessToken.js"
import { type Endpoint, EndpointError } from "../AuthError.js"
import type { SessionToken } from "../SessionToken.js"
import type { Held } from "./renewable.js"
import * as secretText from "./secretText.js"

/**
 * What the middleware needs of a held credential, beside what its service shows to everyone.
 *
 * @internal
 */
export interface Carrier<T, E> {
  readonly peek: (now: number) => Held<T> | undefined
  readonly get: Effect.Effect<Held<T>, E>
  /** The platform accepted a request that was sent at this time. */
  readonly used: (held: Held<T>, sentAt: number) => void
  readonly invalidate: (token: T) => Effect.Effect<void>
}

const CarrierTypeId: unique symbol = Symbol.for("effect-thingspace-auth/internal/Carrier")

interface Carrying<T, E> {
  readonly [CarrierTypeId]?: Carrier<T, E>
}

/**
 * Shows a service's carrier to the middleware and to nobody else.
 *
 * @internal
 */
export const attach = <S extends object, T, E>(service: S, carrier: Carrier<T, E>): S & Carrying<T, E> => ({
  ...service,
  [CarrierTypeId]: carrier
})

/**
 * The carrier of one of our own services; one made from its public methods for a service that somebody else wrote.
 *
 * @internal
 */
export const of = <T, E>(service: Carrying<T, E>, fromPublic: () => Carrier<T, E>): Carrier<T, E> =>
  service[CarrierTypeId] ?? fromPublic()

const hold = <T extends AccessToken | SessionToken>(
  token: T,
  endpoint: Endpoint,
  prefix: string,
  expiresAt: number
): Effect.Effect<Held<T>, EndpointError> => {
  const secret = Redacted.value(token.secret)
  if (secretText.isHeaderValue(secret)) return Effect.succeed({ token, secret, header: prefix + secret, expiresAt })
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
