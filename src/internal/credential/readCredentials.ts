import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { CredentialsError } from "../../AuthError.js"

/**
 * Reads credentials from the program's own source, and fails if that takes longer than the deadline.
 *
 * @internal
 */
export const readCredentials = <A>(
  source: Effect.Effect<A, CredentialsError>,
  credentials: "App" | "Uws",
  deadline: Duration.Duration
): Effect.Effect<A, CredentialsError> =>
  Effect.timeoutFail(Effect.disconnect(source), {
    duration: deadline,
    onTimeout: () => new CredentialsError({ credentials, description: "their source did not answer in time" })
  })
