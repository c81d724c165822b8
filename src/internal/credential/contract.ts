import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import type { AccessToken } from "../../AccessToken.js"
import type { AuthError, CredentialsError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import type { SessionToken } from "../../SessionToken.js"

/**
 * `SessionClient.Service`, once it listens for late answers.
 *
 * @internal
 */
export interface SessionClient {
  readonly login: (
    access: AccessToken,
    user: Uws,
    options?: { readonly onLateAnswer?: (exit: Exit.Exit<SessionToken, AuthError>) => Effect.Effect<void> }
  ) => Effect.Effect<SessionToken, AuthError>
  readonly logout: (access: AccessToken, session: SessionToken) => Effect.Effect<void, AuthError>
}

interface GuardThatReads {
  readonly attempt: (
    login: (user: Uws) => Effect.Effect<SessionToken, AuthError>
  ) => Effect.Effect<SessionToken, AuthError>
}

/**
 * `LoginGuard.attempt`, once it is given the user in place of reading it.
 *
 * @internal
 */
export const attemptOf =
  (guard: GuardThatReads) =>
  <A extends { readonly token: SessionToken }>(
    _user: Effect.Effect<Uws, CredentialsError>,
    login: (user: Uws, late: (exit: Exit.Exit<A, AuthError>) => Effect.Effect<void>) => Effect.Effect<A, AuthError>,
    _options?: { readonly probe?: Effect.Effect<boolean, AuthError> }
  ): Effect.Effect<A, AuthError> =>
    Effect.suspend(() => {
      let brought: A | undefined
      const attempted = guard.attempt((user) =>
        Effect.map(
          login(user, () => Effect.void),
          (result) => {
            brought = result
            return result.token
          }
        )
      )
      return Effect.flatMap(attempted, () =>
        brought === undefined ? Effect.dieMessage("the guard has brought nothing") : Effect.succeed(brought)
      )
    })
