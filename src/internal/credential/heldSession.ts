import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Schedule from "effect/Schedule"
import type { AccessToken } from "../../AccessToken.js"
import { type AuthError, type CredentialsError, EndpointError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { fingerprint, type SessionToken } from "../../SessionToken.js"
import * as platformError from "../endpoint/platformError.js"
import { SessionPath, Uses } from "./fastPath.js"
import { type Held, holdSessionToken } from "./held.js"
import * as heldCredential from "./heldCredential.js"
import * as idleRelogin from "./idleRelogin.js"
import * as latestUsers from "./latestUser.js"
import * as layerFibers from "./layerFibers.js"
import { noteAcquired, timingLogin } from "./metrics.js"
import * as sessionProbe from "./sessionProbe.js"
import { type Tokens, withAccess } from "./withAccess.js"

type Session = Held<SessionToken>
type Login = Effect.Effect<Session, AuthError>
type Late<A> = (exit: Exit.Exit<A, AuthError>) => Effect.Effect<void>

/**
 * The session as processes share it.
 *
 * @internal
 */
export interface Shared {
  /** How long another process is waited for. */
  readonly patience: Duration.Duration
  readonly acquire: Login
  readonly refused: (secret: string, isHeld: boolean) => void
  readonly withdraw: (secret: string) => Effect.Effect<void>
  readonly keepAlive: (session: Session) => Effect.Effect<Option.Option<Session>>
}

/** @internal */
export interface Options {
  readonly tokens: Tokens
  readonly user: Effect.Effect<Uws, CredentialsError>
  readonly guard: {
    readonly attempt: (
      user: Effect.Effect<Uws, CredentialsError>,
      login: (user: Uws, late: Late<Session>) => Login,
      options: {
        readonly probe?: Effect.Effect<boolean, AuthError>
        readonly prepare: Effect.Effect<unknown, AuthError>
      }
    ) => Login
  }
  readonly client: {
    readonly login: (
      access: AccessToken,
      user: Uws,
      options: { readonly onLateAnswer: Late<SessionToken> }
    ) => Effect.Effect<SessionToken, AuthError>
    readonly logout: (access: AccessToken, session: SessionToken) => Effect.Effect<void, AuthError>
  }
  /** Makes what is shared of one login and of the user whom it was for, if anything is. */
  readonly share: (login: {
    readonly logIn: Effect.Effect<readonly [Session, Uws | undefined], AuthError>
    readonly tokens: object
  }) => Effect.Effect<Shared | undefined>
  readonly requestTimeout: Duration.Duration
  readonly idleTimeout: Duration.Duration
  readonly relogin: Schedule.Schedule<unknown, Duration.Duration>
  readonly logoutOnClose: boolean
  readonly probe: boolean
}

const failure = (reason: "Timeout" | "NotSent", description: string): EndpointError =>
  new EndpointError({ endpoint: "login", reason, description })

const silent = failure("Timeout", "logging in has not ended in time")
const superseded = failure("NotSent", "an earlier login has been answered meanwhile")
const closed = failure("NotSent", "the layer that holds the session has been closed")

/**
 * Time to read the user, for a token, a login, both once more, and the probe before them; and to wait for other processes
 * that may have the session, the login and the token in hand.
 */
const deadline = (requestTimeout: Duration.Duration, patience: Duration.Duration): Duration.Duration =>
  Duration.sum(Duration.times(requestTimeout, 6), Duration.times(patience, 3))

const isOver = (error: AuthError): boolean =>
  error._tag === "SessionError" && platformError.refusesSession(error.errorCode)

/**
 * The session of one user: logged in through the guard, kept by its uses, shared if there is a store.
 *
 * @internal
 */
export const make = (options: Options) =>
  Effect.gen(function* () {
    const { client, guard, idleTimeout, requestTimeout, tokens } = options
    const user = latestUsers.noting(options.user)
    const naming = latestUsers.annotating(options.user)
    const fibers = yield* layerFibers.make
    const idleMillis = Duration.toMillis(idleTimeout)
    const probe = options.probe ? { probe: sessionProbe.make(tokens, client.logout) } : {}

    let latestUser: Uws | undefined

    /** The session's idle time counts from the moment before its login was sent. */
    const hold = (token: SessionToken, sentAt: number) => holdSessionToken(token, sentAt + idleMillis)

    /** A late answer has brought a session while the next login was prepared. Sharing needs to know whose it is. */
    const offered: Effect.Effect<Option.Option<Session>> = Effect.map(Clock.currentTimeMillis, (now) => {
      const session = shared === undefined ? held.published.held : undefined
      return session !== undefined && now < session.expiresAt ? Option.some(session) : Option.none()
    })

    const prepare = Effect.flatMap(
      Effect.zipRight(tokens.get, offered),
      Option.match({ onNone: () => Effect.void, onSome: () => Effect.fail(superseded) })
    )

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
          return Effect.flatMap(timingLogin(client.login(access, credentials, { onLateAnswer })), (token) =>
            hold(token, sentAt)
          )
        })
      )

    const logIn = guard.attempt(user, login, { ...probe, prepare }).pipe(
      Effect.tap(({ token }) => naming(Effect.logDebug(`Logged in, session ${fingerprint(token)}`))),
      Effect.catchAll((error) =>
        Effect.flatMap(offered, Option.match({ onNone: () => Effect.fail(error), onSome: Effect.succeed }))
      )
    )
    const shared = yield* options.share({
      logIn: Effect.map(logIn, (session) => [session, latestUser]),
      tokens
    })
    const held: heldCredential.HeldCredential<SessionToken, AuthError> = yield* heldCredential.make<
      SessionToken,
      AuthError
    >({
      fibers,
      acquire: Effect.tap(shared?.acquire ?? logIn, (session) => began(session)),
      margin: 0,
      deadline: deadline(requestTimeout, shared?.patience ?? Duration.zero),
      isRepeatable: false,
      silent,
      closed
    })
    const { published } = held
    const uses = new Uses(published, idleMillis, (session, sentAt) => {
      const toldFrom = relogin.used(session)
      if (sentAt >= tellAt) tell(session, sentAt)
      uses.toldFrom = Math.min(toldFrom, tellAt)
    })
    const relogin = idleRelogin.make({
      fibers,
      schedule: options.relogin,
      idleTimeout,
      uses,
      current: () => published.held,
      logIn: held.get,
      naming
    })

    /** The store knows when the session was last used to a minute, which is little of the time that it may idle. */
    const interval = Math.min(60_000, idleMillis / 4)
    let tellAt = Number.POSITIVE_INFINITY

    const began = (session: Held<SessionToken>): Effect.Effect<void> => {
      relogin.began(session)
      if (shared !== undefined) tellAt = session.expiresAt - idleMillis + interval
      return noteAcquired("session")
    }
    /** A login that was answered after its deadline; what has been logged in or used since stays. */
    const offer = (session: Held<SessionToken>): Effect.Effect<void> =>
      Effect.flatMap(held.offer(session), (isHeld) => {
        if (!isHeld) return Effect.void
        const log = naming(Effect.logDebug(`Logged in late, session ${fingerprint(session.token)}`))
        return Effect.zipRight(began(session), log)
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
              Effect.flatMap(held.replace(session, theirs), (replaced) => (replaced ? began(theirs) : Effect.void))
          })
        )
      )
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

    if (options.logoutOnClose) {
      const lastLogout = Effect.suspend(() => (published.held === undefined ? Effect.void : logout)).pipe(
        Effect.disconnect,
        Effect.interruptible,
        Effect.timeout("2 seconds"),
        Effect.catchAllCause((cause) => Effect.logDebug("The session was not logged out", cause))
      )
      // A call that came during the logout would log in again, and nobody would end that session.
      yield* Effect.addFinalizer(() => Effect.zipRight(fibers.close, lastLogout))
    }

    return Object.assign(new SessionPath(published, uses, () => latestUsers.of(options.user)), {
      get: held.get,
      used: (token: SessionToken, sentAt: number) => Effect.sync(() => uses.add(token, sentAt)),
      invalidate: (token: SessionToken) =>
        Effect.suspend(() => {
          shared?.refused(Redacted.value(token.secret), published.isCurrent(token))
          return Effect.flatMap(held.invalidate(token), (forgotten) =>
            forgotten ? naming(Effect.logWarning(`The platform refused session ${fingerprint(token)}`)) : Effect.void
          )
        }),
      logout
    })
  })
