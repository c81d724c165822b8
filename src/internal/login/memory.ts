import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { AuthError } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { remember } from "../store/getOrInsert.js"
import * as loginRecord from "./record.js"

/**
 * What is known of one user, while an attempt to log in is made.
 *
 * @internal
 */
export interface Ledger {
  /** What stands for the password that is to be tried. */
  readonly mark: loginRecord.Mark
  readonly read: Effect.Effect<loginRecord.LoginRecord>
  /** Says that a login is about to be sent, lest it be forgotten where nobody lives to tell what came of it. */
  readonly announce: Effect.Effect<void, AuthError>
  readonly write: (record: loginRecord.LoginRecord) => Effect.Effect<void>
  /** A login has succeeded with the password. */
  readonly succeeded: Effect.Effect<void>
}

/**
 * Where a guard remembers.
 *
 * @internal
 */
export interface LoginMemory {
  /** Runs an attempt while nobody else who shares the memory makes one for the same user. */
  readonly exclusively: <A>(
    user: Uws,
    attempt: (ledger: Ledger) => Effect.Effect<A, AuthError>
  ) => Effect.Effect<A, AuthError>
  /** Forgets what was refused to a user. */
  readonly forget: (user: Uws) => Effect.Effect<void, AuthError>
}

const latch = Metric.gauge("thingspace.login.blocked", {
  description: "Users whose latest login to ThingSpace did not succeed, and whose next is held back or was"
})

/**
 * What this process remembers, by user. The platform may not tell spellings of a user apart that differ in case or in
 * blanks around them.
 *
 * @internal
 */
export interface Records {
  readonly read: (user: Uws) => Effect.Effect<loginRecord.LoginRecord>
  readonly write: (user: Uws, record: loginRecord.LoginRecord) => Effect.Effect<void>
  /** Runs an attempt while no other guard over these records makes one for the same user. */
  readonly inTurn: (user: Uws) => <A, E>(attempt: Effect.Effect<A, E>) => Effect.Effect<A, E>
}

/** @internal */
export const spelling = ({ username }: Uws): string => username.trim().toLowerCase()

/** @internal */
export const makeRecords = (): Records => {
  const records = new Map<string, loginRecord.LoginRecord>()
  const turns = new Map<string, Effect.Semaphore>()
  const count = Effect.suspend(() =>
    Metric.set(latch, [...records.values()].filter((record) => loginRecord.attempts(record) > 0).length)
  )
  return {
    read: (user) =>
      Effect.map(Clock.currentTimeMillis, (now) => {
        const record = loginRecord.anchor(records.get(spelling(user)) ?? loginRecord.fresh, now)
        if (!loginRecord.isFresh(record)) records.set(spelling(user), record)
        return record
      }),
    write: (user, record) =>
      Effect.suspend(() => {
        if (loginRecord.isFresh(record)) records.delete(spelling(user))
        else records.set(spelling(user), record)
        return count
      }),
    inTurn: (user) => (attempt) =>
      Effect.suspend(() => remember(turns, spelling(user), () => Effect.unsafeMakeSemaphore(1)).withPermits(1)(attempt))
  }
}

/**
 * A memory of this process alone, in which attempts are made in turn already.
 *
 * @internal
 */
export const local = (records: Records): LoginMemory => ({
  exclusively: (user, attempt) =>
    attempt({
      mark: user.password,
      read: records.read(user),
      announce: Effect.void,
      write: (record) => records.write(user, record),
      succeeded: records.write(user, loginRecord.fresh)
    }),
  forget: (user) => records.write(user, loginRecord.fresh)
})
