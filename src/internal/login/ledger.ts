import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { type AuthError, LoginBlocked } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import type { Sharing } from "../store/sharing.js"
import type { Mark } from "./mark.js"
import type { Memory } from "./memory.js"
import type { LoginRecord } from "./record.js"

/**
 * Tells other processes what is known of a user. False if one of them may be logging the user in by now.
 *
 * @internal
 */
export type Put = (record: LoginRecord) => Effect.Effect<boolean>

/**
 * What a process tells others of its users' logins.
 *
 * @internal
 */
export interface Ledger {
  /** Runs an attempt while no other process makes one for the same user, with what stands for the password there. */
  readonly exclusively: <A>(
    user: Uws,
    attempt: (marks: ReadonlyArray<Mark>, put: Put) => Effect.Effect<A, AuthError>
  ) => Effect.Effect<A, AuthError>
  /** Brings what is known here and elsewhere together as soon as that can be. */
  readonly agree: (username: string) => Effect.Effect<void>
}

/**
 * Another process may be logging this user in.
 *
 * @internal
 */
export const busy: Effect.Effect<never, LoginBlocked> = Effect.flatMap(DateTime.now, (since) =>
  Effect.fail(new LoginBlocked({ reason: "Uncertain", attempts: 1, since, retryAfter: Duration.seconds(1) }))
)

/**
 * Nobody is told.
 *
 * @internal
 */
export const alone: Ledger = {
  exclusively: (_, attempt) => attempt([], () => Effect.succeed(true)),
  agree: () => Effect.void
}

/**
 * The ledger in a `CredentialStore`. Comes with the store's layer, so that a program without one carries none of this.
 *
 * @internal
 */
export class SharedLedgers extends Context.Reference<SharedLedgers>()("effect-thingspace-auth/internal/SharedLedgers", {
  defaultValue: (): ((sharing: Sharing, memory: Memory) => Ledger) | undefined => undefined
}) {}
