import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import { globalValue } from "effect/GlobalValue"
import * as Metric from "effect/Metric"
import * as signal from "../credential/signal.js"
import * as pause from "../endpoint/pause.js"
import { remember } from "../store/getOrInsert.js"
import * as loginRecord from "./record.js"
import type { Turns } from "./turns.js"

/**
 * What a process knows of the logins of all users.
 *
 * @internal
 */
export interface Memory {
  /** By `keyOf`; a user of whom nothing is known has none. */
  readonly records: Map<string, loginRecord.LoginRecord>
  readonly turns: Turns
  /** The guards that were built, by a number for each, and the latest that has attempted a login of a user. */
  readonly guards: { built: number; warned: boolean; readonly latest: Map<string, Build> }
}

interface Build {
  readonly guard: number
  readonly times: number
  readonly since: number
}

const make = (): Memory => ({
  records: new Map(),
  turns: new Map(),
  guards: { built: 0, warned: false, latest: new Map() }
})

/**
 * Whose the memory is: an object that lives as long as what is remembered, and is nothing but itself. None by default,
 * which is the process.
 *
 * @internal
 */
export class Owner extends Context.Reference<Owner>()("effect-thingspace-auth/LoginMemory", {
  defaultValue: (): object | undefined => undefined
}) {}

/** The same for every copy of this module that a process evaluates, as hot reload does; the number is the format's. */
const memories = globalValue("effect-thingspace-auth/LoginGuard/memory/1", () => ({
  process: {},
  byOwner: new WeakMap<object, WeakMap<object, Memory>>()
}))

/**
 * The memory in force where this is run. Each `Clock` has its own, because times by one mean nothing by another.
 *
 * @internal
 */
export const current: Effect.Effect<Memory> = Effect.gen(function* () {
  const clock = yield* Effect.clock
  const owner = (yield* Owner) ?? memories.process
  const byClock = remember(memories.byOwner, owner, () => new WeakMap<object, Memory>())
  return remember(byClock, clock, make)
})

/**
 * One user of a platform. It may not tell spellings apart that differ in case, in blanks around them, or in how an accent
 * is encoded.
 *
 * @internal
 */
export const keyOf = (baseUrl: string, username: string): string => JSON.stringify([baseUrl, spelling(username)])

/** @internal */
export const spelling = (username: string): string => username.trim().toLowerCase().normalize("NFC")

/** A record is never forgotten to make room, so whoever can make users up could fill the memory with them. */
const mostUsers = 100_000

const blocked = Metric.gauge("thingspace.login.blocked", {
  description: "Users whose latest login to ThingSpace did not succeed, and whose next is held back or was"
})

const strikes = (record: loginRecord.LoginRecord): number => Math.min(1, loginRecord.settled(record).strikes.length)

const pauseOf = (record: loginRecord.LoginRecord, now: number): number => {
  const verdict = loginRecord.judge(loginRecord.settled(record), [], now)
  return verdict._tag === "Paused" ? verdict.until - now : 0
}

/** @internal */
export const read = ({ records }: Memory, key: string): loginRecord.LoginRecord => records.get(key) ?? loginRecord.fresh

/** @internal */
export const write = (memory: Memory, key: string, record: loginRecord.LoginRecord): Effect.Effect<void> =>
  Effect.suspend(() => {
    const { records } = memory
    const before = records.get(key)
    if (loginRecord.isFresh(record)) records.delete(key)
    else records.set(key, record)
    signal.touch(memory)
    return Effect.zipRight(
      Metric.incrementBy(blocked, strikes(record) - strikes(before ?? loginRecord.fresh)),
      Effect.flatMap(pause.monotonicMillis, (now) => pause.notePause("login", pauseOf(record, now)))
    )
  })

/** What a store has as well can be learned again. */
const isForgettable = ({ passwords, pause, strikes }: loginRecord.LoginRecord, now: number): boolean =>
  strikes.length === 0 && !passwords.some(({ isRefused }) => isRefused) && (pause === undefined || pause.until <= now)

/**
 * Whether nothing can be remembered of a further user.
 *
 * @internal
 */
export const isFull = ({ records }: Memory, key: string, now: number): boolean => {
  if (records.size < mostUsers || records.has(key)) return false
  for (const [user, record] of records) if (isForgettable(record, now)) records.delete(user)
  return records.size >= mostUsers
}

const minute = 60_000

/**
 * Whether guards are built again and again for a user, which is said once: each keeps no session that the next could use.
 *
 * @internal
 */
export const isRebuilt = ({ guards }: Memory, key: string, guard: number, now: number): boolean => {
  const { latest } = guards
  for (const [user, { since }] of latest) {
    if (now - since < minute) break
    latest.delete(user)
  }
  const known = latest.get(key)
  if (known !== undefined && guard <= known.guard) return false
  const times = (known?.times ?? 0) + 1
  latest.set(key, { guard, times, since: known?.since ?? now })
  if (times < 3 || guards.warned) return false
  guards.warned = true
  return true
}
