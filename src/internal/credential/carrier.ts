import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import type { AuthError, TokenError } from "../../AuthError.js"
import type { SessionToken } from "../../SessionToken.js"
import * as brake from "../client/renewalBackoff.js"
import { type Held, holdAccessToken, holdSessionToken } from "./held.js"

/** @internal */
export interface Carried<T> extends Held<T> {
  readonly header: string
}

/**
 * What the middleware reads of a source.
 *
 * @internal
 */
export interface Carrier<T, E> {
  readonly peek: (now: number) => Carried<T> | undefined
  readonly get: Effect.Effect<Carried<T>, E>
  readonly used: (held: Carried<T>, sentAt: number) => Effect.Effect<void> | undefined
  readonly mayHold: (held: Carried<T>) => boolean
  readonly invalidate: (token: T) => Effect.Effect<void>
  readonly brakes: Brakes
}

/** @internal */
export interface Brakes {
  readonly named: brake.Brake
  readonly unknown: brake.Brake
}

interface Source<T, E> {
  readonly get: Effect.Effect<T, E>
  readonly invalidate: (token: T) => Effect.Effect<void>
  readonly unsafePeek?: (now: number) => T | undefined
  readonly isCurrent?: (token: T) => boolean
}

const brakesOf = new WeakMap<object, Brakes>()

const makeBrakes = (source: object): Brakes => {
  const known = brakesOf.get(source)
  if (known !== undefined) return known
  const made = { named: brake.make(false), unknown: brake.make(true) }
  brakesOf.set(source, made)
  return made
}

const make = <T extends AccessToken | SessionToken, E>(
  source: Source<T, E>,
  prefix: string,
  hold: (token: T) => Effect.Effect<Held<T>, E>,
  used: Carrier<T, E>["used"]
): Carrier<T, E> => {
  let latest: Carried<T> | undefined
  const carried = (token: T): Carried<T> => {
    if (latest?.token === token) return latest
    const secret = Redacted.value(token.secret)
    latest = { token, secret, header: prefix + secret, expiresAt: 0 }
    return latest
  }
  return {
    peek: (now) => {
      const token = source.unsafePeek?.(now)
      return token === undefined ? undefined : carried(token)
    },
    get: Effect.map(Effect.flatMap(source.get, hold), ({ token }) => carried(token)),
    used,
    mayHold: ({ token }) => source.isCurrent?.(token) ?? true,
    invalidate: source.invalidate,
    brakes: makeBrakes(source)
  }
}

/** @internal */
export const ofTokenSource = (source: Source<AccessToken, TokenError>): Carrier<AccessToken, TokenError> =>
  make<AccessToken, TokenError>(source, "Bearer ", holdAccessToken, () => undefined)

/** @internal */
export const ofSessionSource = (
  source: Source<SessionToken, AuthError> & {
    readonly used: (token: SessionToken, sentAt: number) => Effect.Effect<void>
    readonly unsafeUsed?: (token: SessionToken, sentAt: number) => void
  }
): Carrier<SessionToken, AuthError> =>
  make<SessionToken, AuthError>(
    source,
    "",
    (token) => holdSessionToken(token, 0),
    ({ token }, sentAt) =>
      source.unsafeUsed === undefined ? source.used(token, sentAt) : void source.unsafeUsed(token, sentAt)
  )
