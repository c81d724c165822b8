/**
 * Keeps a user from being locked.
 *
 * Five refused logins in a row lock a user, whoever sent them, and only Verizon's support unlocks it. The guard sends one
 * at a time, never repeats a refused password, and spaces logins whose outcome nobody knows.
 *
 * What it knows belongs to the process: guards that are built again, by whatever layers, know what those before them knew.
 * A program that is restarted in a loop needs a `CredentialStore`.
 *
 * @since 0.1.0
 * @module
 */
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { type AuthError, type CredentialsError, EndpointError } from "./AuthError.js"
import type * as Credentials from "./Credentials.js"
import { readCredentials } from "./internal/credential/readCredentials.js"
import { monotonicMillis } from "./internal/endpoint/pause.js"
import * as loginAttempt from "./internal/login/attempt.js"
import * as loginLedger from "./internal/login/ledger.js"
import * as passwordMark from "./internal/login/mark.js"
import * as memories from "./internal/login/memory.js"
import * as loginRecord from "./internal/login/record.js"
import * as turns from "./internal/login/turns.js"
import { fingerprintOfText } from "./internal/secrets/fingerprint.js"
import * as sharing from "./internal/store/sharing.js"
import { ThingSpaceConfig } from "./ThingSpaceConfig.js"
import { TokenSource } from "./TokenSource.js"

/**
 * Whether a login may be sent now.
 *
 * - `Open`: it may.
 * - `Paused`: not before `until`; earlier attempts failed without a clear answer.
 * - `Blocked`: waiting does not help. `PasswordRefused`: supply another password. `TooManyStrikes`: four logins in a row
 *   failed, and the platform refused at least one of them; call `reset` once the password is known to be right.
 *
 * @since 0.2.0
 * @category models
 */
export type LoginStatus = Data.TaggedEnum<{
  Open: Record<never, never>
  Paused: { readonly until: DateTime.Utc }
  Blocked: { readonly reason: "PasswordRefused" | "TooManyStrikes" }
}>

/**
 * Constructors and matchers of `LoginStatus`.
 *
 * @since 0.2.0
 * @category models
 */
export const LoginStatus = Data.taggedEnum<LoginStatus>()

/**
 * How an attempt is made.
 *
 * @since 0.2.0
 * @category models
 */
export interface AttemptOptions {
  /**
   * Asks the session service something that names no user; true if it answers as itself. Asked before a login that follows
   * an uncertain one, and then every 1, 2, 4 … 30 seconds that somebody attempts a login, until it is true. If it fails,
   * so does the attempt. Without it an outage of more than five minutes costs four uncertain logins, and is followed by
   * pauses of half an hour.
   */
  readonly probe?: Effect.Effect<boolean, AuthError> | undefined
  /**
   * Gets what the login needs, such as an access token, before the login counts: if this fails or is interrupted, nothing
   * has been sent, and nothing is counted.
   */
  readonly prepare?: Effect.Effect<unknown, AuthError> | undefined
}

/**
 * What the guard does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Reads the user once and sends one login, or fails without sending one because that is not safe.
   *
   * Attempts of a user take turns in the whole process. Reading takes at most `ThingSpaceConfig`'s `requestTimeout`, and
   * then fails with `CredentialsError`. The rest takes at most six of them, two minutes more if there is a store, and then
   * fails with `EndpointError`; so does an attempt that waits for its turn as long. `login` must send at most one request
   * that can be refused: the guard cannot see what it repeats. Call `late` if an answer comes after `login` has failed.
   *
   * - A refusal of the username or password latches: the same password fails with `LoginBlocked`, another is sent.
   * - A login that was not judged (not sent, refused by a proxy or the gateway, throttled) is followed by a pause: what
   *   `retryAfter` says, at most 5 minutes, else 1, 2, 4 … 30 seconds, each up to a quarter shorter.
   * - Any other failure is uncertain, and may have been a refusal. The next login waits for the probe, and for 2 seconds,
   *   30 seconds or 5 minutes after the first, second or third failure since the last success, then for half an hour.
   * - After four failures of which one was a refusal only `reset` lets another login through.
   *
   * Within a pause callers get the failure that began it, with what is left of the pause as `retryAfter`; `LoginBlocked`
   * if there was none, as after an interruption.
   */
  readonly attempt: <A>(
    user: Effect.Effect<Credentials.Uws, CredentialsError>,
    login: (
      user: Credentials.Uws,
      late: (exit: Exit.Exit<A, AuthError>) => Effect.Effect<void>
    ) => Effect.Effect<A, AuthError>,
    options?: AttemptOptions
  ) => Effect.Effect<A, AuthError>
  /**
   * Clears what is known of a user's logins, in this process at once and in all that share a store. Call it only after
   * confirming that the password is right and the user is not locked.
   */
  readonly reset: (user: { readonly username: string }) => Effect.Effect<void>
  /** Whether a login may be sent now, as far as this process knows. Asks neither the platform nor a store. */
  readonly status: (user: Credentials.Uws) => Effect.Effect<LoginStatus>
}

/**
 * The guard in front of every login.
 *
 * @since 0.1.0
 * @category tags
 */
export class LoginGuard extends Context.Tag("effect-thingspace-auth/LoginGuard")<LoginGuard, Service>() {}

const crowded = new EndpointError({
  endpoint: "login",
  reason: "NotSent",
  description: "logins of so many users have failed that no further user can be remembered"
})

const endless = new EndpointError({
  endpoint: "login",
  reason: "Timeout",
  description: "logging in has not ended in time"
})

/** Enough for a token and a login, both repeated once, the probe before them, and the wait for another process. */
const deadlineOf = (requestTimeout: Duration.Duration, isShared: boolean): Duration.Duration =>
  Duration.sum(Duration.times(requestTimeout, 6), Duration.minutes(isShared ? 2 : 0))

const warnOfRebuilding = Effect.logWarning(
  "The pipeline was built three times for one user within a minute, and logs in each time: build it once, with ManagedRuntime"
)

/**
 * A guard for all users of the platform that `ThingSpaceConfig` names. It shares what it knows through the
 * `CredentialStore` in force, under the secret of the `TokenSource` at hand, else of `AppCredentials`; a warning says so
 * if there is neither.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service> = Effect.gen(function* () {
  const { baseUrl, requestTimeout } = yield* ThingSpaceConfig
  const memory = yield* memories.current
  const shares = yield* sharing.make("LoginGuard", yield* Effect.serviceOption(TokenSource))
  const makeShared = yield* loginLedger.SharedLedgers
  const isShared = shares !== undefined && makeShared !== undefined
  const ledger = isShared ? makeShared(shares, memory) : loginLedger.alone
  const change = (username: string, f: memories.Change) =>
    memories.change(memory, memories.keyOf(baseUrl, username), isShared, f)
  const attempt = loginAttempt.make(ledger, change)
  const deadline = deadlineOf(requestTimeout, isShared)
  const guard = {}

  const admit = (key: string): Effect.Effect<void, EndpointError> =>
    Effect.flatMap(monotonicMillis, (now) => {
      if (memories.isFull(memory, key, now)) return Effect.fail(crowded)
      return !isShared && memories.isRebuilt(memory, key, guard, now) ? warnOfRebuilding : Effect.void
    })

  return {
    attempt: (source, login, options) =>
      readCredentials(source, "Uws", requestTimeout).pipe(
        Effect.flatMap((user) => {
          const key = memories.keyOf(baseUrl, user.username)
          return Effect.zipRight(admit(key), attempt(user, login, options)).pipe(
            Effect.timeoutFail({ duration: deadline, onTimeout: () => endless }),
            turns.take(memory.turns, key, deadline),
            Effect.annotateLogs("user", fingerprintOfText(user.username))
          )
        }),
        // Credentials read during another attempt could be those that it finds to be wrong.
        turns.take(memory.turns, source, deadline)
      ),
    reset: ({ username }) => Effect.zipRight(change(username, loginRecord.reset), ledger.agree(username)),
    status: ({ password, username }) =>
      Effect.gen(function* () {
        const record = loginRecord.settled(memories.read(memory, memories.keyOf(baseUrl, username)))
        const verdict = loginRecord.judge(record, [passwordMark.of(password)], yield* monotonicMillis)
        if (verdict._tag === "Open") return LoginStatus.Open()
        if (verdict._tag === "Blocked") return LoginStatus.Blocked({ reason: verdict.reason })
        return LoginStatus.Paused({ until: yield* loginAttempt.dateOf(verdict.until) })
      })
  }
})

/**
 * A memory of its own for the guards above it, for tests and for tenants that are kept apart. Each build makes another, so
 * it belongs to a pipeline that is built once.
 *
 * @since 0.2.0
 * @category layers
 */
export const layerMemory: Layer.Layer<never> = Layer.fresh(Layer.sync(memories.Owner, () => ({})))

/**
 * The guard as a layer. One serves all users of a platform.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import { AuthError, LoginGuard } from "effect-thingspace-auth"
 *
 * const refusal = new AuthError.SessionError({
 *   endpoint: "login",
 *   status: 400,
 *   errorCode: "UnifiedWebService.INPUT_INVALID.Password.Invalid",
 *   errorMessage: "The Password is invalid."
 * })
 * const user = Effect.succeed({ username: "the UWS user", password: Redacted.make("a wrong password") })
 *
 * const program = Effect.gen(function* () {
 *   const guard = yield* LoginGuard.LoginGuard
 *   const first = yield* Effect.flip(guard.attempt(user, () => Effect.fail(refusal)))
 *   const second = yield* Effect.flip(guard.attempt(user, () => Effect.dieMessage("a refused password was sent again")))
 *   console.log(first._tag, second._tag) // => SessionError LoginBlocked
 * })
 *
 * await Effect.runPromise(Effect.provide(program, LoginGuard.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<LoginGuard> = Layer.effect(LoginGuard, make)
