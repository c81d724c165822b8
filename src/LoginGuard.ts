/**
 * Keeps a user from being locked.
 *
 * Five refused logins in a row lock a user, whoever sent them, and only Verizon's support unlocks it. The guard sends
 * one at a time, does not repeat a refused password, and leaves time after an attempt whose outcome nobody knows. It
 * remembers for as long as its layer lives: a program that is restarted in a loop needs a `CredentialStore`.
 *
 * @since 0.1.0
 * @module
 */
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import { type AuthError, LoginBlocked } from "./AuthError.js"
import type * as Credentials from "./Credentials.js"
import { UwsCredentials } from "./Credentials.js"
import { readCredentials } from "./internal/credential/readCredentials.js"
import * as loginMemory from "./internal/login/memory.js"
import * as loginRecord from "./internal/login/record.js"
import * as sharing from "./internal/store/sharing.js"
import type { SessionToken } from "./SessionToken.js"
import { ThingSpaceConfig } from "./ThingSpaceConfig.js"

/**
 * What the guard does.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /**
   * Reads the credentials once and tries one login with them, or fails with `LoginBlocked` where that is not safe.
   *
   * `login` must send at most one request that can be refused: what it repeats inside, the guard cannot see. Attempts
   * take turns; credentials that take longer than `ThingSpaceConfig`'s `requestTimeout` are a `CredentialsError`.
   *
   * - A refusal of the username or password latches: the same password is not sent again, a different one is.
   * - An outcome that nobody knows (timeout, lost connection, 5xx, unreadable answer, interruption) holds the next
   *   attempt back: 1, 2, then 4 seconds, and after four in a row half an hour, each lengthened by up to a quarter.
   * - A login that is known not to have been sent, or that failed for its access token, does not count. A success clears
   *   everything; where processes share a store, other passwords that were refused stay refused.
   * - After four failures in a row of which one was a refusal, only `reset` lets another attempt through.
   */
  readonly attempt: (
    login: (credentials: Credentials.Uws) => Effect.Effect<SessionToken, AuthError>
  ) => Effect.Effect<SessionToken, AuthError>
  /**
   * Forgets what was refused, once somebody knows that the credentials are right and the user is not locked: to the users
   * for whom this guard has attempted a login, and to the one whom the credentials name now, where they can be read.
   */
  readonly reset: Effect.Effect<void>
}

/**
 * The guard in front of every login.
 *
 * @since 0.1.0
 * @category tags
 */
export class LoginGuard extends Context.Tag("effect-thingspace-auth/LoginGuard")<LoginGuard, Service>() {}

const blocked = (record: loginRecord.LoginRecord, verdict: Exclude<loginRecord.Verdict, { _tag: "Allowed" }>) =>
  new LoginBlocked({
    reason: verdict._tag === "Refused" ? "Refused" : "Uncertain",
    attempts: Math.max(1, loginRecord.attempts(record)),
    since: DateTime.unsafeMake(record.since),
    retryAfter: verdict._tag === "Wait" ? verdict.remaining : undefined
  })

/**
 * A guard that remembers for as long as it lives, or through the `CredentialStore` in force for all who share it.
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: Effect.Effect<Service, never, UwsCredentials> = Effect.suspend(() =>
  makeOver(loginMemory.makeRecords())
)

/**
 * A guard that remembers in records which outlive it.
 *
 * @internal
 */
export const makeOver = (records: loginMemory.Records): Effect.Effect<Service, never, UwsCredentials> =>
  Effect.gen(function* () {
    const { requestTimeout } = yield* ThingSpaceConfig
    const source = readCredentials(yield* UwsCredentials, "Uws", requestTimeout)
    const shares = yield* sharing.make("LoginGuard")
    const memory = shares?.tools.makeLoginMemory(shares, records) ?? loginMemory.local(records)
    const turn = yield* Effect.makeSemaphore(1)
    const tried = new Map<string, Credentials.Uws>()

    const settle = (
      { mark, read, succeeded, write }: loginMemory.Ledger,
      exit: Exit.Exit<SessionToken, AuthError>
    ): Effect.Effect<void> =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        if (Exit.isSuccess(exit)) return yield* succeeded
        // Read again: `reset` does not wait for the attempt that is under way.
        const record = yield* read
        switch (loginRecord.outcome(exit.cause)) {
          case "NotTried":
            return yield* write(record)
          case "Refused":
            yield* Effect.logWarning("The platform refused the username or password; they will not be sent again")
            return yield* write(loginRecord.refuse(record, mark, now))
          case "Uncertain": {
            yield* Effect.logWarning("A login ended without a clear answer; the next one waits")
            return yield* write(loginRecord.doubt(record, yield* Random.next, now))
          }
        }
      })

    return {
      attempt: (login) =>
        turn.withPermits(1)(
          Effect.flatMap(source, (credentials) => {
            tried.set(loginMemory.spelling(credentials), credentials)
            return memory
              .exclusively(credentials, (ledger) =>
                Effect.gen(function* () {
                  const record = yield* ledger.read
                  const now = yield* Clock.currentTimeMillis
                  const verdict = loginRecord.judge(record, ledger.mark, now)
                  if (verdict._tag !== "Allowed") return yield* blocked(record, verdict)
                  yield* ledger.announce
                  return yield* Effect.onExit(login(credentials), (exit) => settle(ledger, exit))
                })
              )
              .pipe(records.inTurn(credentials))
          })
        ),
      reset: Effect.zipRight(
        Effect.suspend(() => Effect.forEach(tried.values(), (user) => records.write(user, loginRecord.fresh))),
        Effect.ignore(Effect.flatMap(source, memory.forget))
      )
    }
  })

/**
 * The guard as a layer. A build shares this value, as any layer: wrap it in `Layer.fresh` for each further account.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Redacted from "effect/Redacted"
 * import { AuthError, Credentials, LoginGuard } from "effect-thingspace-auth"
 *
 * const refusal = new AuthError.SessionError({
 *   endpoint: "login",
 *   status: 400,
 *   errorCode: "UnifiedWebService.INPUT_INVALID.Password.Invalid",
 *   errorMessage: "The Password is invalid."
 * })
 *
 * const program = Effect.gen(function* () {
 *   const guard = yield* LoginGuard.LoginGuard
 *   const first = yield* Effect.flip(guard.attempt(() => Effect.fail(refusal)))
 *   const second = yield* Effect.flip(guard.attempt(() => Effect.dieMessage("a refused password was sent again")))
 *   console.log(first._tag, second._tag) // => SessionError LoginBlocked
 * })
 *
 * const user = Credentials.layerUws({ username: "the UWS user", password: Redacted.make("a wrong password") })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(LoginGuard.layer), Effect.provide(user)))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<LoginGuard, never, UwsCredentials> = Layer.effect(LoginGuard, make)
