import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AccessToken } from "../../AccessToken.js"
import type { AuthError } from "../../AuthError.js"
import { SessionToken } from "../../SessionToken.js"
import * as verdict from "../endpoint/verdict.js"
import { type Tokens, withAccess } from "./withAccess.js"

/**
 * Whether the session service answers as itself, asked without a user: by the logout of a session that does not exist.
 *
 * Assumes that the platform counts such a logout as no refused login. Fails only if there is no access token to ask with.
 *
 * @internal
 */
export const make = (
  tokens: Tokens,
  logout: (access: AccessToken, session: SessionToken) => Effect.Effect<void, AuthError>
): Effect.Effect<boolean, AuthError> =>
  Effect.suspend(() => {
    const session = new SessionToken({ secret: Redacted.make(crypto.randomUUID()) })
    return Effect.matchEffect(
      withAccess(tokens, (access) => logout(access, session)),
      {
        onSuccess: () => Effect.succeed(true),
        onFailure: (error) =>
          "endpoint" in error && error.endpoint === "logout"
            ? Effect.succeed(error._tag === "SessionError" && !verdict.isTransient(error))
            : Effect.fail(error)
      }
    )
  })
