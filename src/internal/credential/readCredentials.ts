import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { CredentialsError } from "../../AuthError.js"

/**
 * Credentials from the program's own source, or a failure where it takes too long: whoever waits for a login waits for
 * them, and a caller that gives up does not end the flight that others share.
 *
 * @internal
 */
export const within = <A>(
  source: Effect.Effect<A, CredentialsError>,
  credentials: "App" | "Uws",
  deadline: Duration.Duration
): Effect.Effect<A, CredentialsError> =>
  Effect.timeoutFail(Effect.disconnect(source), {
    duration: deadline,
    onTimeout: () => new CredentialsError({ credentials, description: "their source did not answer in time" })
  })
