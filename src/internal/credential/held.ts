import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import { type Endpoint, EndpointError } from "../../AuthError.js"
import type { SessionToken } from "../../SessionToken.js"
import * as headerValue from "../secrets/headerValue.js"

/** @internal */
export interface Token {
  readonly secret: Redacted.Redacted
}

/**
 * A credential, and when it ends.
 *
 * @internal
 */
export class Held<T> {
  readonly token: T
  /** When it ends, in milliseconds of the clock; a use can move it. */
  expiresAt: number
  readonly #secret: Redacted.Redacted

  constructor(token: T & Token, expiresAt: number) {
    this.token = token
    this.expiresAt = expiresAt
    this.#secret = token.secret
  }

  /** Two tokens with the same secret are the same credential. Not a field, because fibers print what they end with. */
  get secret(): string {
    return Redacted.value(this.#secret)
  }
}

/** @internal */
export const isSame = (one: Token, other: Token): boolean =>
  one === other || Redacted.value(one.secret) === Redacted.value(other.secret)

/**
 * Whether a header can carry the token.
 *
 * @internal
 */
export const isSendable = ({ secret }: Token): boolean => headerValue.isHeaderValue(Redacted.value(secret))

const hold = <T extends Token>(
  token: T,
  endpoint: Endpoint,
  expiresAt: number
): Effect.Effect<Held<T>, EndpointError> =>
  Effect.suspend(() =>
    isSendable(token)
      ? Effect.succeed(new Held(token, expiresAt))
      : Effect.fail(
          new EndpointError({
            endpoint,
            reason: "NotSent",
            description: "the token holds characters that no header can carry"
          })
        )
  )

/**
 * Fails if no header can carry the token.
 *
 * @internal
 */
export const holdAccessToken = (token: AccessToken): Effect.Effect<Held<AccessToken>, EndpointError> =>
  hold(
    token,
    "requestToken",
    Option.match(token.expiresAt, { onNone: () => Number.POSITIVE_INFINITY, onSome: ({ epochMillis }) => epochMillis })
  )

/**
 * Fails if no header can carry the token.
 *
 * @internal
 */
export const holdSessionToken = (
  token: SessionToken,
  expiresAt: number
): Effect.Effect<Held<SessionToken>, EndpointError> => hold(token, "login", expiresAt)
