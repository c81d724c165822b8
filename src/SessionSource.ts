/**
 * The current session: logged in once for all who need it, and again when it has idled out.
 *
 * @since 0.1.0
 * @module
 */
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { AuthError } from "./AuthError.js"
import { UwsCredentials } from "./Credentials.js"
import { constant, SessionPath } from "./internal/credential/fastPath.js"
import { holdSessionToken } from "./internal/credential/held.js"
import * as heldSession from "./internal/credential/heldSession.js"
import * as sharedSession from "./internal/store/sharedSession.js"
import { LoginGuard } from "./LoginGuard.js"
import { SessionClient } from "./SessionClient.js"
import { SessionToken } from "./SessionToken.js"
import { ThingSpaceConfig } from "./ThingSpaceConfig.js"
import { TokenSource } from "./TokenSource.js"

/**
 * What a source of sessions does.
 *
 * The optional methods let a client send without running an effect. The sources of this module have them on their
 * prototype, so `{ ...source, get: other }` leaves them behind and is asked through its `get`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The session to send now; logs in first if there is none, or if it is known to have idled out.
   *
   * Callers that come while a login is under way share it, and its failure, which the source does not remember: what may
   * be tried next is for `LoginGuard` to say. A login that has not ended by its deadline fails those who wait for it.
   */
  readonly get: Effect.Effect<SessionToken, AuthError>
  /**
   * Says that the platform accepted a request with this session that was sent at this time, in milliseconds of the
   * `Clock`. The idle time counts from the latest such time.
   */
  readonly used: (token: SessionToken, sentAt: number) => Effect.Effect<void>
  /** Forgets a session that the platform has refused; does nothing if another has taken its place already. */
  readonly invalidate: (token: SessionToken) => Effect.Effect<void>
  /**
   * Forgets the session and logs out; one that is over already counts as logged out. Does nothing if none is held.
   *
   * The next `get` logs in again.
   */
  readonly logout: Effect.Effect<void, AuthError>
  /** The session, if it can be sent at `now`, in milliseconds of the `Clock`, without asking anyone. */
  readonly unsafePeek?: (now: number) => SessionToken | undefined
  /** Whether this session may still be the one that `get` hands out. */
  readonly isCurrent?: (token: SessionToken) => boolean
  /** As `used`, without an effect. */
  readonly unsafeUsed?: (token: SessionToken, sentAt: number) => void
}

/**
 * The current session.
 *
 * @since 0.1.0
 * @category tags
 */
export class SessionSource extends Context.Tag("effect-thingspace-auth/SessionSource")<SessionSource, Service>() {}

/**
 * How the session is held.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /**
   * How long a session lives without being used. Default 20 minutes, as the platform documents; at least one second, at
   * most a year.
   */
  readonly idleTimeout?: Duration.DurationInput | undefined
  /**
   * When to log in again without being asked, so that the first request after a silence need not wait. Default
   * `onIdleExpiry`: each time the session has idled out.
   *
   * The schedule describes one silence, and is fed the idle time of the session; it starts anew with each request that
   * uses the session or logs in. `Schedule.recurs(3)` keeps it warm for three idle times, `Schedule.stop` never logs in
   * unasked. A login is never made before the session has idled out, however often the schedule recurs.
   */
  readonly relogin?: Schedule.Schedule<unknown, Duration.Duration> | undefined
  /**
   * Whether to log out when the layer is closed, taking 2 seconds at most. Default false, because other processes may
   * use the same session.
   */
  readonly logoutOnClose?: boolean | undefined
  /**
   * Whether `LoginGuard` may ask the session service, after a login with an uncertain outcome, if it answers again before
   * it sends the next. Default true; without it the next login is held back for longer.
   *
   * It asks with the logout of a session that does not exist. Assumes that the platform counts that as no refused login.
   */
  readonly probe?: boolean | undefined
}

/**
 * Recurs when the idle time that it is fed has passed, for ever; compose it with any other schedule.
 *
 * @example
 * ```ts
 * import * as Chunk from "effect/Chunk"
 * import * as Duration from "effect/Duration"
 * import * as Effect from "effect/Effect"
 * import * as Schedule from "effect/Schedule"
 * import { SessionSource } from "effect-thingspace-auth"
 *
 * // Warm for an hour of silence; after that the next request logs in.
 * const relogin = SessionSource.onIdleExpiry.pipe(Schedule.intersect(Schedule.recurs(3)))
 *
 * const idle = Duration.minutes(20)
 * const delays = await Effect.runPromise(Schedule.run(Schedule.delays(relogin), 0, [idle, idle, idle]))
 * console.log(Chunk.join(Chunk.map(delays, Duration.format), ", ")) // => 20m, 20m, 20m
 * ```
 *
 * @since 0.1.0
 * @category schedules
 */
export const onIdleExpiry: Schedule.Schedule<Duration.Duration, Duration.Duration> = Schedule.addDelay(
  Schedule.identity<Duration.Duration>(),
  (left) => left
)

/**
 * A source over `TokenSource`, `LoginGuard` and `SessionClient` that lives as long as its scope; after that `get` sends
 * nothing and fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<Service, never, TokenSource | LoginGuard | SessionClient | UwsCredentials | Scope.Scope> =>
  Effect.gen(function* () {
    const { requestTimeout } = yield* ThingSpaceConfig
    return yield* heldSession.make({
      tokens: yield* TokenSource,
      user: yield* UwsCredentials,
      guard: yield* LoginGuard,
      client: yield* SessionClient,
      share: sharedSession.make,
      requestTimeout,
      idleTimeout: Duration.clamp(options?.idleTimeout ?? "20 minutes", { minimum: "1 second", maximum: "365 days" }),
      relogin: options?.relogin ?? onIdleExpiry,
      logoutOnClose: options?.logoutOnClose ?? false,
      probe: options?.probe ?? true
    })
  })

/**
 * The source as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<SessionSource, never, TokenSource | LoginGuard | SessionClient | UwsCredentials> =>
  Layer.scoped(SessionSource, make(options))

/**
 * A session that was opened elsewhere and does not change; the platform's simulator takes any value.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import { SessionSource, SessionToken } from "effect-thingspace-auth"
 *
 * const session = Effect.flatMap(SessionSource.SessionSource, ({ get }) => get).pipe(
 *   Effect.provide(SessionSource.layerStatic(Redacted.make("any value")))
 * )
 *
 * const token = await Effect.runPromise(session)
 * console.log(token) // => SessionToken { secret: <redacted> }
 * console.log(SessionToken.fingerprint(token)) // => #1dad9758
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerStatic = (secret: Redacted.Redacted): Layer.Layer<SessionSource> => {
  const token = new SessionToken({ secret })
  const source: Service = Object.assign(new SessionPath(constant(token)), {
    get: Effect.as(holdSessionToken(token, Number.POSITIVE_INFINITY), token),
    used: () => Effect.void,
    invalidate: () => Effect.void,
    logout: Effect.void
  })
  return Layer.succeed(SessionSource, source)
}
