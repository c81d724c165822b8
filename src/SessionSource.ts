/**
 * The current session: logged in once for all who need it, and again when it has idled out.
 *
 * @since 0.1.0
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type AuthError, EndpointError } from "./AuthError.js"
import type { Uws } from "./Credentials.js"
import * as carrier from "./internal/credential/carrier.js"
import * as renewable from "./internal/credential/heldCredential.js"
import * as idleKeeper from "./internal/credential/idleRelogin.js"
import * as background from "./internal/credential/layerFibers.js"
import type { Held } from "./internal/credential/state.js"
import { withAccess } from "./internal/credential/withAccess.js"
import * as platformError from "./internal/endpoint/platformError.js"
import * as sharedSession from "./internal/store/sharedSession.js"
import { LoginGuard } from "./LoginGuard.js"
import { SessionClient } from "./SessionClient.js"
import { fingerprint, SessionToken } from "./SessionToken.js"
import * as TokenSource from "./TokenSource.js"

/**
 * What a source of sessions does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * The session to send now; logs in first where there is none, or where it is known to have idled out.
   *
   * Callers that come while a login is under way share it, and its failure, which is not remembered by the source; what
   * `LoginGuard` remembers is its own affair.
   */
  readonly get: Effect.Effect<SessionToken, AuthError>
  /**
   * Says that the platform accepted a request with this session that was sent at this time, in milliseconds of the
   * `Clock`. The idle time counts from the latest such time.
   */
  readonly used: (token: SessionToken, sentAt: number) => Effect.Effect<void>
  /** Forgets a session that the platform has refused; does nothing where another has taken its place already. */
  readonly invalidate: (token: SessionToken) => Effect.Effect<void>
  /**
   * Forgets the session and logs out; one that is over already counts as logged out. Does nothing where none is held.
   *
   * The next `get` logs in again.
   */
  readonly logout: Effect.Effect<void, AuthError>
  /** The session, if it can be sent at this time without asking anyone. */
  readonly unsafePeek?: (now: number) => SessionToken | undefined
  /** Whether this is still the session that is held. */
  readonly isCurrent?: (token: SessionToken) => boolean
  /** As `used`, at once. */
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

const busy = new EndpointError({
  endpoint: "login",
  reason: "NotSent",
  description: "another process has been logging in for too long"
})

const closed = new EndpointError({
  endpoint: "login",
  reason: "NotSent",
  description: "the layer that holds the session has been closed"
})

const isOver = (error: AuthError): boolean =>
  error._tag === "SessionError" && platformError.refusesSession(error.errorCode)

/**
 * A source over `TokenSource`, `LoginGuard` and `SessionClient` that lives as long as its scope; after that `get` sends
 * nothing and fails.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  options?: Options
): Effect.Effect<Service, never, TokenSource.TokenSource | LoginGuard | SessionClient | Scope.Scope> =>
  Effect.gen(function* () {
    const tokens = yield* TokenSource.TokenSource
    const guard = yield* LoginGuard
    const client = yield* SessionClient
    const fibers = yield* background.make
    const idleTimeout = Duration.clamp(options?.idleTimeout ?? "20 minutes", {
      minimum: "1 second",
      maximum: "365 days"
    })
    const idleMillis = Duration.toMillis(idleTimeout)

    let latestUser: Uws | undefined

    /** The session's idle time counts from the moment before its login was sent. */
    const logIn = Effect.suspend(() => {
      let sentAt = 0
      const login = guard.attempt((credentials) =>
        withAccess(tokens, (access) =>
          Effect.flatMap(Clock.currentTimeMillis, (now) => {
            sentAt = now
            latestUser = credentials
            return client.login(access, credentials)
          })
        )
      )
      return login.pipe(
        Effect.tap((token) => Effect.logDebug(`Logged in, session ${fingerprint(token)}`)),
        Effect.flatMap((token) => carrier.holdSessionToken(token, sentAt + idleMillis))
      )
    })

    const shared = yield* sharedSession.make({
      logIn: Effect.map(logIn, (session) => [session, latestUser]),
      busy
    })
    const held: renewable.Renewable<SessionToken, AuthError> = yield* renewable.make<SessionToken, AuthError>({
      background: fibers,
      acquire: Effect.tap(shared?.acquire ?? logIn, (session) => Effect.sync(() => began(session))),
      margin: 0,
      closed
    })
    const keeper = idleKeeper.make({
      background: fibers,
      schedule: options?.relogin ?? onIdleExpiry,
      idleTimeout,
      current: held.current,
      logIn: held.get
    })

    /** The store knows when the session was last used to a minute, which is little of the time that it may idle. */
    const interval = Math.min(60_000, idleMillis / 4)
    let tellAt = Number.POSITIVE_INFINITY

    const began = (session: Held<SessionToken>): void => {
      keeper.begin(session)
      if (shared !== undefined) tellAt = session.expiresAt - idleMillis + interval
    }
    const tell = (session: Held<SessionToken>, sentAt: number): void => {
      tellAt = sentAt + interval
      if (shared === undefined) return
      fibers.fork(
        Effect.flatMap(
          shared.keepAlive(session),
          Option.match({
            onNone: () => Effect.void,
            onSome: (theirs) =>
              Effect.map(held.replace(session, theirs), (replaced) => (replaced ? began(theirs) : undefined))
          })
        )
      )
    }
    const touch = (session: Held<SessionToken>, sentAt: number): undefined => {
      const expiresAt = sentAt + idleMillis
      if (expiresAt < session.expiresAt) return
      session.expiresAt = expiresAt
      keeper.used(session)
      if (sentAt >= tellAt) tell(session, sentAt)
    }
    const invalidate = (token: SessionToken): Effect.Effect<void> =>
      Effect.suspend(() => {
        const secret = Redacted.value(token.secret)
        shared?.refused(secret, held.current()?.secret === secret)
        return Effect.flatMap(held.invalidate(secret), (forgotten) =>
          forgotten ? Effect.logWarning(`The platform refused session ${fingerprint(token)}`) : Effect.void
        )
      })
    const logout = Effect.flatMap(
      held.take,
      Option.match({
        onNone: () => Effect.void,
        onSome: ({ secret, token }) =>
          (shared?.withdraw(secret) ?? Effect.void).pipe(
            Effect.zipRight(withAccess(tokens, (access) => client.logout(access, token))),
            Effect.catchIf(isOver, () => Effect.void)
          )
      })
    )

    if (options?.logoutOnClose === true) {
      const lastLogout = Effect.suspend(() => (held.current() === undefined ? Effect.void : logout)).pipe(
        Effect.disconnect,
        Effect.interruptible,
        Effect.timeout("2 seconds"),
        Effect.catchAllCause((cause) => Effect.logDebug("The session was not logged out", cause))
      )
      // A call that came during the logout would log in again, and nobody would end that session.
      yield* Effect.addFinalizer(() => Effect.zipRight(fibers.close, lastLogout))
    }

    const unsafeUsed = (token: SessionToken, sentAt: number): void => {
      const session = held.current()
      if (session !== undefined && (session.token === token || session.secret === Redacted.value(token.secret))) {
        touch(session, sentAt)
      }
    }
    const service: Service = {
      get: Effect.map(held.get, ({ token }) => token),
      used: (token, sentAt) => Effect.sync(() => unsafeUsed(token, sentAt)),
      unsafeUsed,
      unsafePeek: (now) => held.peek(now)?.token,
      isCurrent: ({ secret }) => held.current()?.secret === Redacted.value(secret),
      invalidate,
      logout
    }
    return service
  })

/**
 * The source as a layer.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<SessionSource, never, TokenSource.TokenSource | LoginGuard | SessionClient> =>
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
  return Layer.succeed(SessionSource, {
    get: Effect.as(
      Effect.suspend(() => carrier.holdSessionToken(token)),
      token
    ),
    unsafePeek: () => token,
    isCurrent: () => true,
    unsafeUsed: () => undefined,
    used: () => Effect.void,
    invalidate: () => Effect.void,
    logout: Effect.void
  })
}
