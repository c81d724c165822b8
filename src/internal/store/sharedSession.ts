import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Redacted from "effect/Redacted"
import type { AuthError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { SessionToken } from "../../SessionToken.js"
import { type Held, holdSessionToken } from "../credential/held.js"
import * as sharing from "./sharing.js"
import type * as sharedSlot from "./slot.js"

/** @internal */
export interface Options {
  /** One login, and the user whom it was for, which the guard reads for itself. */
  readonly logIn: Effect.Effect<readonly [Held<SessionToken>, Uws | undefined], AuthError>
  /** With which it is logged in. */
  readonly tokens: object
}

/**
 * The session as processes share it, or `undefined` where they do not.
 *
 * It is sealed and named by the user's password: who reads the store and knows the application secret still needs that,
 * and a user whose password was rotated gets another session.
 *
 * @internal
 */
export const make = (options: Options): Effect.Effect<sharedSlot.SharedSlot<SessionToken, AuthError> | undefined> =>
  Effect.map(sharing.ofUser("SessionSource", options.tokens), (shares) =>
    shares === undefined
      ? undefined
      : shares.sharing.tools.makeSlot<Uws, SessionToken, AuthError>({
          sharing: shares.sharing,
          subject: shares.user,
          vault: (user) => Effect.flatMap(shares.sharing.vault, (vault) => vault.ofUser(user)),
          parts: ({ username }) => ["session", username],
          acquire: (user) => Effect.map(options.logIn, ([held, used]) => [held, used ?? user]),
          hold: (secret, expiresAt) => holdSessionToken(new SessionToken({ secret: Redacted.make(secret) }), expiresAt),
          wantsAnother: false,
          failed: identity
        })
  )
