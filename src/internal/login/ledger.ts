import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { type AuthError, EndpointError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import type { Sharing } from "../store/sharing.js"
import type { Mark } from "./mark.js"
import type { Memory } from "./memory.js"
import type { LoginRecord } from "./record.js"

/**
 * Writes a record for other processes. False if the lease has ended, so another process may be logging the user in.
 *
 * @internal
 */
export type Put = (record: LoginRecord) => Effect.Effect<boolean>

/**
 * How processes share what they know of logins.
 *
 * @internal
 */
export interface Ledger {
  /** Runs an attempt while no other process makes one for the user, with the marks that they know the password by. */
  readonly exclusively: <A>(
    user: Uws,
    attempt: (marks: ReadonlyArray<Mark>, put: Put) => Effect.Effect<A, AuthError>
  ) => Effect.Effect<A, AuthError>
  /** Merges this process's record with the shared one, as soon as the lease is free. */
  readonly agree: (username: string) => Effect.Effect<void>
}

/**
 * An attempt fails with it if its lease ended before its login was sent. The ledger begins it anew; callers never see it.
 *
 * @internal
 */
export const lost = new EndpointError({ endpoint: "login", reason: "NotSent", description: "the lease has ended" })

/**
 * Shares nothing.
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
