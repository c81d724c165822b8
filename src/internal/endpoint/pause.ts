import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import {
  type AuthError,
  EndpointError,
  LoginBlocked,
  OAuthError,
  SessionError,
  type TokenError
} from "../../AuthError.js"

/**
 * How long to wait before the next attempt, in milliseconds: 1 s, doubled with each attempt, at most `longest`.
 * Attempts count from 1.
 *
 * @internal
 */
export const backoff = (attempt: number, longest: number): number => Math.min(1000 * 2 ** (attempt - 1), longest)

/**
 * Up to a quarter shorter, never longer: what is promised of a pause is its end. `random` is from 0 to 1.
 *
 * @internal
 */
export const jittered = (millis: number, random: number): number => Math.ceil(millis * (1 - random / 4))

/**
 * The longest time that a `Retry-After` is heeded, in milliseconds.
 *
 * @internal
 */
export const longestRetryAfter = Duration.toMillis(Duration.minutes(5))

/**
 * Milliseconds from some fixed point. Pauses and deadlines are measured with it, because a wall clock can be set.
 *
 * @internal
 */
export const unsafeMonotonicMillis = (clock: Clock.Clock): number => Number(clock.unsafeCurrentTimeNanos() / 1_000_000n)

/**
 * The same, as an effect.
 *
 * @internal
 */
export const monotonicMillis: Effect.Effect<number> = Effect.clockWith((clock) =>
  Effect.succeed(unsafeMonotonicMillis(clock))
)

const pauses = Metric.gauge("thingspace.auth.pause", {
  description: "How long the pause is that the latest call of an endpoint left behind, in seconds; 0 for none"
})

/** @internal */
export const notePause = (endpoint: "requestToken" | "login", millis: number): Effect.Effect<void> =>
  Metric.set(Metric.tagged(pauses, "thingspace.endpoint", endpoint), millis / 1000)

/**
 * The same error, saying when to come back. `CredentialsError` cannot say so: no pause is made of it.
 *
 * @internal
 */
export function withRetryAfter(error: TokenError, retryAfter: Duration.Duration): TokenError
export function withRetryAfter(error: AuthError, retryAfter: Duration.Duration): AuthError
export function withRetryAfter(error: AuthError, retryAfter: Duration.Duration): AuthError {
  switch (error._tag) {
    case "OAuthError":
      return new OAuthError({ ...error, retryAfter })
    case "SessionError":
      return new SessionError({ ...error, retryAfter })
    case "EndpointError":
      return new EndpointError({ ...error, retryAfter })
    case "LoginBlocked":
      return new LoginBlocked({ ...error, retryAfter })
    case "CredentialsError":
      return error
  }
}
