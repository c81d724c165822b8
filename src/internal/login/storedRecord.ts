import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as passwordMark from "./mark.js"
import type { Judged, LoginRecord, Strike } from "./record.js"

/** Of what never was, null. */
const Age = Schema.NullOr(Schema.Number)

/** Times as ages, because the clocks of those who write and read differ. */
const Current = Schema.Struct({
  version: Schema.Literal(2),
  lease: Schema.Number,
  writtenAt: Schema.Number,
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
export const none: SharedRecord = {
  passwords: [],
  strikes: [],
  epoch: { number: 0, at: never, resetAt: never, seen: 0 }
}

const ageOf = (at: number, now: number): number => Math.max(0, now - at)

const ageOrNull = (at: number, now: number): number | null => (at === never ? null : ageOf(at, now))

const atOf = (age: number | null, written: number): number => (age === null ? never : written - age)

/**
 * When a record was written: the token of the lease, which is the version that the store has of it, and the writer's
 * wall clock. Both are sealed: whoever can write the store can put an old record back, and say anything of its age.
 *
 * @internal
 */
export interface Written {
  readonly lease: number
  readonly writtenAt: number
}

/** @internal */
export const encode = ({ epoch, passwords, strikes }: SharedRecord, now: number, written: Written): string =>
  Schema.encodeSync(Stored)({
    version: 2,
    ...written,
    passwords: passwords
      .filter(({ mark }) => !passwordMark.isOwn(mark))
      .slice(-mostPasswords)
      .map(({ at, isRefused, mark }) => ({ mark, isRefused, age: ageOf(at, now) })),
    strikes: strikes.map(({ at, id, isRefusal }) => ({ id, isRefusal, age: ageOf(at, now) })),
    epoch: { number: epoch.number, age: ageOrNull(epoch.at, now), resetAge: ageOrNull(epoch.resetAt, now) }
  })

const fromOld = ({ age, known, refused, uncertain }: typeof Old.Type, written: number, seen: number): SharedRecord => {
  const at = written - age
  const strikes = [...refused.map(() => true), ...Array.from({ length: uncertain }, () => false)]
  return {
    passwords: [...known, ...refused].map((mark) => ({ mark, at, isRefused: true })),
    strikes: strikes.map((isRefusal, n) => ({ id: `0.1 ${n}`, at, isRefusal })),
    epoch: { ...none.epoch, seen }
  }
}

/**
 * How long the store remembers a user who does not log in; each look at it that refuses a login begins it anew.
 *
 * @internal
 */
export const life = Duration.days(30)

/** By how much the wall clocks of a fleet may differ. */
const skew = Duration.toMillis(Duration.days(1))

/**
 * How the store has a record: as which version, and how long ago that was written by the store's clock.
 *
 * @internal
 */
export interface Kept {
  readonly version: number
  readonly age: number
}

/**
 * What a text says; none if it says nothing, or is not what was written as this version. `now` is by the monotonic clock
 * and `wall` by the wall clock: no record is younger than its sealed time allows.
 *
 * @internal
 */
export const decode = (text: string, { age: told, version }: Kept, now: number, wall: number) =>
  Option.flatMap(Schema.decodeOption(Stored)(text), (stored): Option.Option<SharedRecord> => {
    if (!("version" in stored)) return Option.some(fromOld(stored, now - told, version))
    const { epoch, lease, passwords, strikes, writtenAt } = stored
    const age = Math.max(told, wall - writtenAt - skew)
    if (lease !== version || age > Duration.toMillis(life)) return Option.none()
    const written = now - age
    return Option.some({
      passwords: passwords.map(({ age, isRefused, mark }) => ({ mark, isRefused, at: written - age })),
      strikes: strikes.map(({ age, id, isRefusal }) => ({ id, isRefusal, at: written - age })),
      epoch: {
        number: epoch.number,
        at: atOf(epoch.age, written),
        resetAt: atOf(epoch.resetAge, written),
        seen: version
      }
    })
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
  const resetAt = Math.max(ours.epoch.resetAt, theirs.epoch.resetAt)
  const isCurrent =
    ({ epoch }: SharedRecord) =>
    ({ at }: Strike) =>
      at > resetAt && (epoch.number === later.number || at > later.at)
  return {
    ...ours,
    passwords: latest(ours.passwords, theirs.passwords, resetAt),
    strikes: unite(ours.strikes.filter(isCurrent(ours)), theirs.strikes.filter(isCurrent(theirs))),
    epoch: { ...later, resetAt, seen: Math.max(ours.epoch.seen, theirs.epoch.seen) }
  }
}

const unwritten: Written = { lease: 0, writtenAt: 0 }

/**
 * Whether the store would learn nothing from the one that it does not know from the other.
 *
 * @internal
 */
export const isSame = (one: SharedRecord, other: SharedRecord): boolean =>
  encode(one, 0, unwritten) === encode(other, 0, unwritten)
