import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import type { AuthError, TokenError } from "../../AuthError.js"
import * as platformError from "../endpoint/platformError.js"

/**
 * What a call needs of a source of access tokens.
 *
 * @internal
 */
export interface Tokens {
  readonly get: Effect.Effect<AccessToken, TokenError>
  readonly invalidate: (token: AccessToken) => Effect.Effect<void>
}

const refusesAccessToken = (error: AuthError): boolean =>
  error._tag === "OAuthError" && platformError.refusesAccessToken(error.error)

/** The gateway's way of refusing a token without saying so. */
const isBare401 = (error: AuthError): boolean =>
  error._tag === "EndpointError" && error.reason === "StatusCode" && error.status === 401

/**
 * Makes a call with the current access token, and once more with another if the platform refuses that one.
 *
 * A bare 401 also drops the token, but does not repeat the call: the token may not be what was refused.
 *
 * @internal
 */
export const withAccess = <A>(
  tokens: Tokens,
  call: (access: AccessToken) => Effect.Effect<A, AuthError>
): Effect.Effect<A, AuthError> =>
  Effect.flatMap(tokens.get, (access) =>
    Effect.catchAll(call(access), (error) => {
      if (isBare401(error)) return Effect.zipRight(tokens.invalidate(access), Effect.fail(error))
      if (!refusesAccessToken(error)) return Effect.fail(error)
      return Effect.flatMap(Effect.zipRight(tokens.invalidate(access), tokens.get), (next) =>
        Redacted.value(next.secret) === Redacted.value(access.secret) ? Effect.fail(error) : call(next)
      )
    })
  )
