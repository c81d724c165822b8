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
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { type AuthError, EndpointError } from "./AuthError.js"
import { type Uws, UwsCredentials } from "./Credentials.js"
import { constant, FastPath } from "./internal/credential/fastPath.js"
import { type Held, holdSessionToken } from "./internal/credential/held.js"
import * as heldCredential from "./internal/credential/heldCredential.js"
import * as idleRelogin from "./internal/credential/idleRelogin.js"
import * as layerFibers from "./internal/credential/layerFibers.js"
import * as sessionProbe from "./internal/credential/sessionProbe.js"
import { withAccess } from "./internal/credential/withAccess.js"
import * as platformError from "./internal/endpoint/platformError.js"
import * as sharedSession from "./internal/store/sharedSession.js"
import { LoginGuard } from "./LoginGuard.js"
import { SessionClient } from "./SessionClient.js"
import { fingerprint, SessionToken } from "./SessionToken.js"
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

const failure = (reason: "Timeout" | "NotSent", description: string): EndpointError =>
  new EndpointError({ endpoint: "login", reason, description })

const busy = failure("NotSent", "another process has been logging in for too long")
const silent = failure("Timeout", "logging in has not ended in time")
const closed = failure("NotSent", "the layer that holds the session has been closed")

/** Time to read the user, for a token, a login, both once more, the probe before them, and to wait for another process. */
const deadline = (requestTimeout: Duration.Duration, isShared: boolean): Duration.Duration =>
  Duration.sum(Duration.times(requestTimeout, 6), isShared ? Duration.seconds(120) : Duration.zero)

const isOver = (error: AuthError): boolean =>
  error._tag === "SessionError" && platformError.refusesSession(error.errorCode)

class SessionPath extends FastPath<SessionToken> {
  readonly #use: (token: SessionToken, sentAt: number) => void

  constructor(
    held: heldCredential.HeldCredential<SessionToken, AuthError>,
    use: (token: SessionToken, sentAt: number) => void
  ) {
    super(held)
    this.#use = use
  }

  unsafeUsed(token: SessionToken, sentAt: number): void {
    if (#use in this) this.#use(token, sentAt)
  }
}

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
    const tokens = yield* TokenSource
    const guard = yield* LoginGuard
    const client = yield* SessionClient
    const user = yield* UwsCredentials
    const { requestTimeout } = yield* ThingSpaceConfig
    const fibers = yield* layerFibers.make
    const idleTimeout = Duration.clamp(options?.idleTimeout ?? "20 minutes", {
      minimum: "1 second",
      maximum: "365 days"
    })
    const idleMillis = Duration.toMillis(idleTimeout)
    const probe = options?.probe === false ? {} : { probe: sessionProbe.make(tokens, client.logout) }

    let latestUser: Uws | undefined

    /** The session's idle time counts from the moment before its login was sent. */
    const hold = (token: SessionToken, sentAt: number) => holdSessionToken(token, sentAt + idleMillis)

    const login = (
      credentials: Uws,
      late: (exit: Exit.Exit<Held<SessionToken>, AuthError>) => Effect.Effect<void>
    ): Effect.Effect<Held<SessionToken>, AuthError> =>
      withAccess(tokens, (access) =>
        Effect.flatMap(Clock.currentTimeMillis, (sentAt) => {
          latestUser = credentials
          const onLateAnswer = (answer: Exit.Exit<SessionToken, AuthError>) =>
            Effect.flatMap(Effect.exit(Effect.flatMap(answer, (token) => hold(token, sentAt))), (exit) =>
              Effect.zipRight(late(exit), Exit.isSuccess(exit) ? offer(exit.value) : Effect.void)
            )
          return Effect.flatMap(client.login(access, credentials, { onLateAnswer }), (token) => hold(token, sentAt))
        })
      )

    const logIn = Effect.tap(guard.attempt(user, login, probe), ({ token }) =>
      Effect.logDebug(`Logged in, session ${fingerprint(token)}`)
    )
    const shared = yield* sharedSession.make({
      logIn: Effect.map(logIn, (session) => [session, latestUser]),
      busy
    })
    const held: heldCredential.HeldCredential<SessionToken, AuthError> = yield* heldCredential.make<
      SessionToken,
      AuthError
    >({
      fibers,
      acquire: Effect.tap(shared?.acquire ?? logIn, (session) => Effect.sync(() => began(session))),
      margin: 0,
      deadline: deadline(requestTimeout, shared !== undefined),
      isRepeatable: false,
      silent,
      closed
    })
    const relogin = idleRelogin.make({
      fibers,
      schedule: options?.relogin ?? onIdleExpiry,
      idleTimeout,
      current: held.current,
      logIn: held.get
    })

    /** The store knows when the session was last used to a minute, which is little of the time that it may idle. */
    const interval = Math.min(60_000, idleMillis / 4)
    let tellAt = Number.POSITIVE_INFINITY

    const began = (session: Held<SessionToken>): void => {
      relogin.began(session)
      if (shared !== undefined) tellAt = session.expiresAt - idleMillis + interval
    }
    /** A login that was answered after its deadline; what has been logged in or used since stays. */
    const offer = (session: Held<SessionToken>): Effect.Effect<void> =>
      Effect.flatMap(held.offer(session), (isHeld) => {
        if (!isHeld) return Effect.void
        began(session)
        return Effect.logDebug(`Logged in late, session ${fingerprint(session.token)}`)
      })
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
    const use = (token: SessionToken, sentAt: number): void => {
      const session = held.extend(token, sentAt + idleMillis)
      if (session === undefined) return
      relogin.used(session)
      if (sentAt >= tellAt) tell(session, sentAt)
    }
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

    return Object.assign(new SessionPath(held, use), {
      get: held.get,
      used: (token: SessionToken, sentAt: number) => Effect.sync(() => use(token, sentAt)),
      invalidate: (token: SessionToken) =>
        Effect.suspend(() => {
          shared?.refused(Redacted.value(token.secret), held.isCurrent(token))
          return Effect.flatMap(held.invalidate(token), (forgotten) =>
            forgotten ? Effect.logWarning(`The platform refused session ${fingerprint(token)}`) : Effect.void
          )
        }),
      logout
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
  const source: Service = Object.assign(new FastPath(constant(token)), {
    get: Effect.as(holdSessionToken(token, Number.POSITIVE_INFINITY), token),
    used: () => Effect.void,
    invalidate: () => Effect.void,
    logout: Effect.void
  })
  return Layer.succeed(SessionSource, source)
}
