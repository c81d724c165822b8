import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { AuthError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { monotonicMillis } from "../endpoint/pause.js"
import type { Sharing } from "../store/sharing.js"
import * as passwordMark from "./mark.js"
import * as memories from "./memory.js"
import type { LoginRecord } from "./record.js"

/**
 * What is known of one user, while an attempt to log in is made.
 *
 * @internal
 */
export interface Ledger {
  /** What stands for the password that is to be tried. */
  readonly marks: ReadonlyArray<passwordMark.Mark>
  readonly read: Effect.Effect<LoginRecord>
  readonly write: (record: LoginRecord) => Effect.Effect<void>
  /** Writes, before a login is sent; fails if another process may be sending one. */
  readonly announce: (record: LoginRecord) => Effect.Effect<void, AuthError>
}

/**
 * Who keeps what is known of users.
 *
 * @internal
 */
export interface Ledgers {
  /** Runs an attempt while no other process that shares what is known makes one for the same user. */
  readonly exclusively: <A>(
    user: Uws,
    attempt: (ledger: Ledger) => Effect.Effect<A, AuthError>
  ) => Effect.Effect<A, AuthError>
  /** Changes what is known beside the attempts: here at once, elsewhere as soon as that can be. */
  readonly change: (username: string, f: (record: LoginRecord, now: number) => LoginRecord) => Effect.Effect<void>
}

/**
 * What this process knows, where attempts are made in turn already.
 *
 * @internal
 */
export const local = (memory: memories.Memory, baseUrl: string): Ledgers => ({
  exclusively: ({ password, username }, attempt) => {
    const key = memories.keyOf(baseUrl, username)
    return attempt({
      marks: [passwordMark.of(password)],
      read: Effect.sync(() => memories.read(memory, key)),
      write: (record) => memories.write(memory, key, record),
      announce: (record) => memories.write(memory, key, record)
    })
  },
  change: (username, f) =>
    Effect.flatMap(monotonicMillis, (now) => {
      const key = memories.keyOf(baseUrl, username)
      return memories.write(memory, key, f(memories.read(memory, key), now))
    })
})

/**
 * How a `CredentialStore` keeps it; comes with its layer, so that a program without one carries none of this.
 *
 * @internal
 */
export class SharedLedgers extends Context.Reference<SharedLedgers>()("effect-thingspace-auth/internal/SharedLedgers", {
  defaultValue: (): ((sharing: Sharing, memory: memories.Memory) => Ledgers) | undefined => undefined
}) {}
