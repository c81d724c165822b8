import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Random from "effect/Random"
import type { CredentialsError, TokenError } from "../../AuthError.js"
import type { App } from "../../Credentials.js"
import { backoff, jittered, monotonicMillis, notePause, withRetryAfter } from "./pause.js"
import { refusesApp } from "./verdict.js"

const longestRefused = Duration.toMillis(Duration.minutes(1))
const longestTrouble = Duration.toMillis(Duration.seconds(30))

/** How often the program's credentials are read, at most, while those that were refused may not be sent. */
const betweenReads = Duration.toMillis(Duration.seconds(1))

interface Pause {
  readonly error: TokenError
  readonly until: number
  /** The pair that was refused: another is tried at once. */
  readonly refused: App | undefined
}

const isSame = (one: App, other: App): boolean =>
  Equal.equals(one.key, other.key) && Equal.equals(one.secret, other.secret)

const lostCodes: ReadonlySet<string | undefined> = new Set([undefined, "ECONNRESET", "EPIPE", "UND_ERR_SOCKET"])

/** A connection that was kept from an earlier call may have been closed by the other side meanwhile. */
const isLostConnection = (error: TokenError): boolean =>
  error._tag === "EndpointError" &&
  error.reason === "Transport" &&
  error.status === undefined &&
  lostCodes.has(error.code)

/** How long the endpoint is left alone after so many failures in a row, in milliseconds. */
const pauseAfter = (error: Exclude<TokenError, CredentialsError>, failures: number, random: number): number => {
  if (error.retryAfter !== undefined) return Duration.toMillis(error.retryAfter)
  if (refusesApp(error)) return jittered(backoff(failures, longestRefused), random)
  return failures < 2 ? 0 : jittered(backoff(failures - 1, longestTrouble), random)
}

/**
 * Pauses between requests for a token: after `Retry-After` if the platform gave one; after a refused key or secret 1, 2,
 * 4 … 60 s for the same pair; after the second failure of another kind in a row 1, 2, 4 … 30 s. A success ends all of it.
 * A lost connection is repeated once at once, because asking for a token twice brings the same token.
 *
 * One request is to be made at a time.
 *
 * @internal
 */
export const make = <A>(options: {
  readonly credentials: Effect.Effect<App, CredentialsError>
  readonly request: (app: App) => Effect.Effect<A, TokenError>
}) => {
  let pause: Pause | undefined
  let failures = 0
  let readAt = Number.NEGATIVE_INFINITY

  const held = (now: number, app?: App): TokenError | undefined => {
    if (pause === undefined || now >= pause.until) return undefined
    if (app !== undefined && pause.refused !== undefined && !isSame(app, pause.refused)) return undefined
    return withRetryAfter(pause.error, Duration.millis(pause.until - now))
  }

  const failed = (app: App, error: TokenError): Effect.Effect<never, TokenError> =>
    Effect.flatMap(Effect.zip(monotonicMillis, Random.next), ([now, random]) => {
      if (error._tag === "CredentialsError") return Effect.fail(error)
      const refused = refusesApp(error) ? app : undefined
      const isOther = pause?.refused !== undefined && !isSame(pause.refused, app)
      failures = isOther ? 1 : failures + 1
      const wait = pauseAfter(error, failures, random)
      pause = { error, until: now + wait, refused }
      const failure = wait > 0 ? withRetryAfter(error, Duration.millis(wait)) : error
      return Effect.zipRight(notePause("requestToken", wait), Effect.fail(failure))
    })

  /** Asks for a token with these credentials, or fails with what began the pause that holds for them. */
  const request = (app: App): Effect.Effect<A, TokenError> =>
    Effect.flatMap(monotonicMillis, (now) => {
      const error = held(now, app)
      if (error !== undefined) return Effect.fail(error)
      return options.request(app).pipe(
        Effect.retry({ times: 1, while: isLostConnection }),
        Effect.tap(() =>
          Effect.suspend(() => {
            pause = undefined
            failures = 0
            return notePause("requestToken", 0)
          })
        ),
        Effect.catchAll((error) => failed(app, error))
      )
    })

  /** Reads the credentials, or fails with what began the pause if there is no use in reading them. */
  const credentials = Effect.flatMap(monotonicMillis, (now): Effect.Effect<App, TokenError> => {
    const error = held(now)
    const mayDiffer = pause?.refused !== undefined && now - readAt >= betweenReads
    if (error !== undefined && !mayDiffer) return Effect.fail(error)
    readAt = now
    return options.credentials
  })

  return { credentials, request, acquire: Effect.flatMap(credentials, request) }
}
