import type * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Metric from "effect/Metric"
import * as signal from "../credential/signal.js"
import { monotonicMillis, notePause } from "../endpoint/pause.js"
import { remember } from "../store/getOrInsert.js"
import * as loginRecord from "./record.js"
import type { Turns } from "./turns.js"

/**
 * What a process knows of the logins of all users.
 *
 * @internal
 */
export interface Memory {
  /** By `keyOf`. */
  readonly records: Map<string, loginRecord.LoginRecord>
  readonly turns: Turns
  /** The guards that have attempted a login since then, by user; begun anew each minute. */
  readonly guards: { warned: boolean; since: number; readonly byUser: Map<string, Set<object>> }
}

const make = (): Memory => ({
  records: new Map(),
  turns: new Map(),
  guards: { warned: false, since: 0, byUser: new Map() }
})

/** The same for every copy of this module that a process evaluates, as hot reload does; the number is the format's. */
const memories = globalValue(
  "effect-thingspace-auth/LoginGuard/memory/2",
  () => new WeakMap<object, WeakMap<Clock.Clock, Memory>>()
)

/**
 * Whose the memory is: an object that lives as long as what is remembered. The process by default.
 *
 * @internal
 */
export class Owner extends Context.Reference<Owner>()("effect-thingspace-auth/LoginMemory", {
  defaultValue: (): object => memories
}) {}

/**
 * The memory in force. Each `Clock` has its own, because times by one mean nothing by another.
 *
 * @internal
 */
export const current: Effect.Effect<Memory> = Effect.zipWith(Owner, Effect.clock, (owner, clock) =>
  remember(
    remember(memories, owner, () => new WeakMap<Clock.Clock, Memory>()),
    clock,
    make
  )
)

/** @internal */
export const spelling = (username: string): string => username.trim().toLowerCase().normalize("NFC")

/**
 * One user of a platform, which may not tell spellings apart that differ in case, in blanks around them, or in how an
 * accent is encoded.
 *
 * @internal
 */
export const keyOf = (baseUrl: string, username: string): string => JSON.stringify([baseUrl, spelling(username)])

/** @internal */
export const read = ({ records }: Memory, key: string): loginRecord.LoginRecord => records.get(key) ?? loginRecord.fresh

/**
 * Changes what is known of a user; `now` is by the monotonic clock.
 *
 * @internal
 */
export type Change = (record: loginRecord.LoginRecord, now: number) => loginRecord.LoginRecord

const blocked = Metric.gauge("thingspace.login.blocked", {
  description: "Users whose latest login to ThingSpace did not succeed, and whose next is held back or was"
})

const isBlocked = (record: loginRecord.LoginRecord): number => Math.min(1, loginRecord.settled(record).strikes.length)

const pauseOf = (record: loginRecord.LoginRecord, now: number): number => {
  const verdict = loginRecord.judge(loginRecord.settled(record), [], now)
  return verdict._tag === "Paused" ? verdict.until - now : 0
}

/** @internal */
export const change = (
  memory: Memory,
  key: string,
  isShared: boolean,
  f: Change
): Effect.Effect<loginRecord.LoginRecord> =>
  Effect.flatMap(monotonicMillis, (now) => {
    const before = read(memory, key)
    const record = f(before, now)
    if (!isShared && record.pause === undefined && loginRecord.isSpent(record, now)) memory.records.delete(key)
    else memory.records.set(key, record)
    signal.touch(memory)
    return Effect.zipRight(
      Metric.incrementBy(blocked, isBlocked(record) - isBlocked(before)),
      Effect.as(notePause("login", pauseOf(record, now)), record)
    )
  })

/** Records with strikes are never evicted, so requests that make users up could fill the memory. */
const mostUsers = 100_000

/**
 * Whether there is no room for a record of this user.
 *
 * @internal
 */
export const isFull = ({ records }: Memory, key: string, now: number): boolean => {
  if (records.size < mostUsers || records.has(key)) return false
  for (const [user, record] of records) if (loginRecord.isSpent(record, now)) records.delete(user)
  return records.size >= mostUsers
}

/**
 * Whether this is the third guard within a minute to log the user in; true once. Each guard's session is lost with it.
 *
 * @internal
 */
export const isRebuilt = ({ guards }: Memory, key: string, guard: object, now: number): boolean => {
  if (now - guards.since >= 60_000) {
    guards.byUser.clear()
    guards.since = now
  }
  const { size } = remember(guards.byUser, key, () => new Set<object>()).add(guard)
  if (size < 3 || guards.warned) return false
  guards.warned = true
  return true
}
