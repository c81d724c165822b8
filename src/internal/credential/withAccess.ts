import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import type { AuthError } from "../../AuthError.js"
import type * as TokenSource from "../../TokenSource.js"
import * as platformError from "../endpoint/platformError.js"

const refusesAccessToken = (error: AuthError): boolean =>
  error._tag === "OAuthError" && platformError.refusesAccessToken(error.error)

/** The gateway's way of refusing a token without saying so. */
const isBare401 = (error: AuthError): boolean =>
  error._tag === "EndpointError" && error.reason === "StatusCode" && error.status === 401

/**
 * Makes a call with the current access token, and once more with another where the platform refuses that. A bare 401
 * costs the token its place, but is not known to be its fault, so the call is not repeated.
 *
 * @internal
 */
export const withAccess = <A>(
  tokens: TokenSource.Service,
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
