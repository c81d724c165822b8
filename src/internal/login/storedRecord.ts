import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as passwordMark from "./mark.js"
import type { Judged, LoginRecord, Strike } from "./record.js"

/** Of what never was, null. */
const Age = Schema.NullOr(Schema.Number)

/** Times as ages, because the clocks of those who write and read differ. */
const Current = Schema.Struct({
  version: Schema.Literal(2),
  passwords: Schema.Array(Schema.Struct({ mark: Schema.String, age: Schema.Number, isRefused: Schema.Boolean })),
  strikes: Schema.Array(Schema.Struct({ id: Schema.String, age: Schema.Number, isRefusal: Schema.Boolean })),
  epoch: Schema.Struct({ number: Schema.Number, age: Age, resetAge: Age })
})

/** Version 0.1 counted. Since then a process of that version may have written over a record of this one. */
const Old = Schema.Struct({
  refused: Schema.Array(Schema.String),
  known: Schema.Array(Schema.String),
  uncertain: Schema.Number,
  age: Schema.Number
})

const Stored = Schema.parseJson(Schema.Union(Current, Old))

/** More than a rollout has passwords. */
const mostPasswords = 32

/** @internal */
export interface SharedRecord extends LoginRecord {
  readonly epoch: Exclude<LoginRecord["epoch"], undefined>
}

const never = Number.NEGATIVE_INFINITY

/** @internal */
export const none: SharedRecord = { passwords: [], strikes: [], epoch: { number: 0, at: never, resetAt: never } }

const ageOf = (at: number, now: number): number => Math.max(0, now - at)

const ageOrNull = (at: number, now: number): number | null => (at === never ? null : ageOf(at, now))

const atOf = (age: number | null, written: number): number => (age === null ? never : written - age)

/** @internal */
export const encode = ({ epoch, passwords, strikes }: SharedRecord, now: number): string =>
  Schema.encodeSync(Stored)({
    version: 2,
    passwords: passwords
      .filter(({ mark }) => !passwordMark.isOwn(mark))
      .slice(-mostPasswords)
      .map(({ at, isRefused, mark }) => ({ mark, isRefused, age: ageOf(at, now) })),
    strikes: strikes.map(({ at, id, isRefusal }) => ({ id, isRefusal, age: ageOf(at, now) })),
    epoch: { number: epoch.number, age: ageOrNull(epoch.at, now), resetAge: ageOrNull(epoch.resetAt, now) }
  })

const fromOld = ({ age, known, refused, uncertain }: typeof Old.Type, written: number): SharedRecord => {
  const at = written - age
  const strikes = [...refused.map(() => true), ...Array.from({ length: uncertain }, () => false)]
  return {
    passwords: [...known, ...refused].map((mark) => ({ mark, at, isRefused: true })),
    strikes: strikes.map((isRefusal, n) => ({ id: `0.1 ${n}`, at, isRefusal })),
    epoch: none.epoch
  }
}

/**
 * What a text says that was written at this time; none if it says nothing.
 *
 * @internal
 */
export const decode = (text: string, written: number): Option.Option<SharedRecord> =>
  Option.map(Schema.decodeOption(Stored)(text), (stored): SharedRecord => {
    if (!("version" in stored)) return fromOld(stored, written)
    const { epoch, passwords, strikes } = stored
    return {
      passwords: passwords.map(({ age, isRefused, mark }) => ({ mark, isRefused, at: written - age })),
      strikes: strikes.map(({ age, id, isRefusal }) => ({ id, isRefusal, at: written - age })),
      epoch: { number: epoch.number, at: atOf(epoch.age, written), resetAt: atOf(epoch.resetAge, written) }
    }
  })

/** A strike that both know is a refusal if one of them knows that. */
const unite = (ours: ReadonlyArray<Strike>, theirs: ReadonlyArray<Strike>): ReadonlyArray<Strike> => {
  const known = new Map(ours.map((strike) => [strike.id, strike]))
  for (const strike of theirs) {
    const own = known.get(strike.id)
    if (own === undefined) known.set(strike.id, strike)
    else if (strike.isRefusal) known.set(strike.id, { ...own, isRefusal: true })
  }
  return [...known.values()].sort((one, other) => one.at - other.at)
}

/** What the platform said of a password last is what holds. */
const latest = (ours: ReadonlyArray<Judged>, theirs: ReadonlyArray<Judged>, resetAt: number): ReadonlyArray<Judged> => {
  const known = new Map(ours.map((judged) => [judged.mark, judged]))
  for (const judged of theirs) {
    const own = known.get(judged.mark)
    if (own === undefined || judged.at > own.at) known.set(judged.mark, judged)
  }
  return [...known.values()].filter(({ at }) => at > resetAt).sort((one, other) => one.at - other.at)
}

/**
 * What two know together. The later epoch ends the strikes before it, whoever holds them, and none that are younger: an
 * earlier record, as of a store that was set back, takes nothing away.
 *
 * @internal
 */
export const merge = (ours: SharedRecord, theirs: SharedRecord): SharedRecord => {
  const later = theirs.epoch.number > ours.epoch.number ? theirs.epoch : ours.epoch
  const isCurrent =
    ({ epoch }: SharedRecord) =>
    (strike: Strike) =>
      epoch.number === later.number || strike.at > later.at
  const resetAt = Math.max(ours.epoch.resetAt, theirs.epoch.resetAt)
  return {
    ...ours,
    passwords: latest(ours.passwords, theirs.passwords, resetAt),
    strikes: unite(ours.strikes.filter(isCurrent(ours)), theirs.strikes.filter(isCurrent(theirs))),
    epoch: { ...later, resetAt }
  }
}

/**
 * Whether the store would learn nothing from the one that it does not know from the other.
 *
 * @internal
 */
export const isSame = (one: SharedRecord, other: SharedRecord): boolean => encode(one, 0) === encode(other, 0)
