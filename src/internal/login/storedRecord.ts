import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as passwordMark from "./mark.js"
import { fresh, type LoginRecord } from "./record.js"

/** Times are relative to the time of writing, because the clocks of writer and reader differ. */
const Current = Schema.Struct({
  version: Schema.Literal(2),
  lease: Schema.Number,
  writtenAt: Schema.Number,
  passwords: Schema.Array(Schema.Struct({ mark: Schema.String, at: Schema.Number, isRefused: Schema.Boolean })),
  strikes: Schema.Array(Schema.Struct({ id: Schema.String, at: Schema.Number, isRefusal: Schema.Boolean })),
  epoch: Schema.Struct({ number: Schema.Number, at: Schema.Number, resetAt: Schema.Number })
})

/** Version 0.1 counted. A process of that version may have written over a record of this one. */
const Old = Schema.Struct({
  refused: Schema.Array(Schema.String),
  known: Schema.Array(Schema.String),
  uncertain: Schema.Number,
  age: Schema.Number
})

const Stored = Schema.parseJson(Schema.Union(Current, Old))

/** More than a rollout has passwords. */
const mostPasswords = 32

const shifted = ({ epoch, passwords, strikes }: LoginRecord, by: number): LoginRecord => ({
  passwords: passwords.map((one) => ({ ...one, at: one.at + by })),
  strikes: strikes.map((one) => ({ ...one, at: one.at + by })),
  epoch: { ...epoch, at: epoch.at + by, resetAt: epoch.resetAt + by }
})

/**
 * When a record was written: the token of the lease, which is the store's version of it, and the writer's wall clock.
 * Both are sealed: whoever can write the store can put an old record back, and claim any age for it.
 *
 * @internal
 */
export interface Written {
  readonly lease: number
  readonly writtenAt: number
}

/** @internal */
export const encode = (record: LoginRecord, now: number, written: Written): string => {
  const passwords = record.passwords.filter(({ mark }) => !passwordMark.isOwn(mark)).slice(-mostPasswords)
  return Schema.encodeSync(Stored)({ version: 2, ...written, ...shifted({ ...record, passwords }, -now) })
}

const ofOld = ({ age, known, refused, uncertain }: typeof Old.Type): LoginRecord => ({
  ...fresh,
  passwords: [...known, ...refused].map((mark) => ({ mark, at: -age, isRefused: true })),
  strikes: Array.from({ length: refused.length + uncertain }, (_, n) => ({
    id: `0.1 ${n}`,
    at: -age,
    isRefusal: n < refused.length
  }))
})

/**
 * How long the store keeps a record after the latest attempt, sent or not.
 *
 * @internal
 */
export const life = Duration.days(30)

/** By how much the wall clocks of a fleet may differ. */
const skew = Duration.toMillis(Duration.days(1))

/**
 * As which version the store has a record, and how old it says that is, in milliseconds.
 *
 * @internal
 */
export interface Kept {
  readonly version: number
  readonly age: number
}

/**
 * Reads a record; none if the text is not one, or was not written as this version. `now` is by the monotonic clock and
 * `wall` by the wall clock: no record is younger than its sealed time allows.
 *
 * @internal
 */
export const decode = (text: string, kept: Kept, now: number, wall: number): Option.Option<LoginRecord> =>
  Option.flatMap(Schema.decodeOption(Stored)(text), (stored) => {
    if (!("version" in stored)) return Option.some(shifted(ofOld(stored), now - kept.age))
    const age = Math.max(kept.age, wall - stored.writtenAt - skew)
    const isGenuine = stored.lease === kept.version && age <= Duration.toMillis(life)
    return isGenuine ? Option.some(shifted(stored, now - age)) : Option.none()
  })

/** Keeps the last of each key; oldest first. */
const unite = <A extends { readonly at: number }>(all: ReadonlyArray<A>, keyOf: (one: A) => string) =>
  [...new Map(all.map((one) => [keyOf(one), one])).values()].sort((one, other) => one.at - other.at)

/**
 * Merges two records of one user. The later epoch ends the strikes before it in both, and no younger ones; so does the
 * latest reset. An earlier record, as of a store that was set back, removes nothing. The latest judgement of a password holds, and a strike is a
 * refusal if either record says so.
 *
 * @internal
 */
export const merge = (ours: LoginRecord, theirs: LoginRecord): LoginRecord => {
  const later = theirs.epoch.number > ours.epoch.number ? theirs.epoch : ours.epoch
  const resetAt = Math.max(ours.epoch.resetAt, theirs.epoch.resetAt)
  const passwords = [...theirs.passwords, ...ours.passwords].sort((one, other) => one.at - other.at)
  const strikes = [theirs, ours].flatMap((one) =>
    one.strikes.filter(
      ({ at, isPending }) => (isPending || at > resetAt) && (one.epoch.number === later.number || at > later.at)
    )
  )
  const refusals = strikes.filter(({ isRefusal }) => isRefusal).map(({ id }) => id)
  return {
    ...ours,
    passwords: unite(passwords, ({ mark }) => mark).filter(({ at }) => at > resetAt),
    strikes: unite(strikes, ({ id }) => id).map((one) => ({ ...one, isRefusal: refusals.includes(one.id) })),
    epoch: { ...later, resetAt }
  }
}
