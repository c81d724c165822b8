import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { type AuthError, LoginBlocked } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { remember } from "../store/getOrInsert.js"
import * as leasing from "../store/lease.js"
import type { CredentialStoreError, Lease } from "../store/reference.js"
import type { Sharing } from "../store/sharing.js"
import { type Ledger, type LoginMemory, type Records, spelling } from "./memory.js"
import * as loginRecord from "./record.js"

/** How long the store remembers a user who does not log in; each look at it that refuses a login begins it anew. */
const life = Duration.days(30)
const lifeMillis = Duration.toMillis(life)

/** Passwords by their marks; times as ages, because the clocks of those who write and read may differ. */
const Stored = Schema.parseJson(
  Schema.Struct({
    refused: Schema.Array(Schema.String),
    known: Schema.Array(Schema.String),
    uncertain: Schema.Number,
    wait: Schema.Number,
    age: Schema.Number
  })
)
const decode = Schema.decodeOption(Stored)
const encode = Schema.encodeSync(Stored)

const isMark = (mark: loginRecord.Mark): mark is string => typeof mark === "string"

/** Somebody else has been at it for longer than an attempt takes. */
const busy = Effect.flatMap(Clock.currentTimeMillis, (now) =>
  Effect.fail(
    new LoginBlocked({
      reason: "Uncertain",
      attempts: 1,
      since: DateTime.unsafeMake(now),
      retryAfter: Duration.seconds(1)
    })
  )
)

/**
 * The version in which the store last had what is known here, by user; none where it has not been told. Kept with the
 * records, which may outlive a guard.
 */
const agreements = new WeakMap<Records, Map<string, number>>()

/**
 * A memory that processes share through the store. Each also remembers for itself, so that it knows what it knew when the
 * store is away; what it learned meanwhile goes to the store when that is back.
 *
 * @internal
 */
export const make = (sharing: Sharing, records: Records): LoginMemory => {
  const { baseUrl, store } = sharing
  const agreed = remember(agreements, records, () => new Map<string, number>())

  const exclusively = <A>(
    user: Uws,
    attempt: (ledger: Ledger) => Effect.Effect<A, AuthError>
  ): Effect.Effect<A, AuthError> =>
    Effect.gen(function* () {
      const spelled = spelling(user)
      const vault = yield* sharing.vault
      const key = `thingspace:guard:${yield* vault.name("guard", baseUrl, spelled)}`
      const mark = yield* Effect.flatMap(vault.ofUser({ ...user, username: spelled }), ({ name }) =>
        name("password", baseUrl)
      )

      const put = (lease: Lease, record: loginRecord.LoginRecord): Effect.Effect<boolean, CredentialStoreError> =>
        Effect.gen(function* () {
          const now = yield* Clock.currentTimeMillis
          const { known, refused, since, uncertain, wait } = record
          const text = encode({
            refused: refused.filter(isMark),
            known: known.filter(isMark),
            uncertain,
            wait,
            age: Math.max(0, now - since)
          })
          return yield* store.set(lease, yield* vault.seal(key, text), life)
        })

      /** Tells the store what is known here; where it cannot be told now, it is later. */
      const tell = (lease: Lease, record: loginRecord.LoginRecord): Effect.Effect<void> =>
        Effect.map(
          Effect.orElseSucceed(put(lease, record), () => false),
          (told) => {
            if (told) agreed.set(spelled, lease.token)
          }
        )

      const look = Effect.gen(function* () {
        const entry = yield* store.get(key)
        if (Option.isNone(entry)) return undefined
        const stored = Option.flatMap(yield* vault.open(key, entry.value.value), decode)
        if (Option.isNone(stored)) return undefined
        const left = Duration.toMillis(entry.value.timeToLive)
        const { age, ...counts } = stored.value
        const since = (yield* Clock.currentTimeMillis) - age - (lifeMillis - left)
        return { record: { ...counts, since }, isOld: left < lifeMillis / 2, version: entry.value.version }
      })

      /**
       * Brings what is known here and what the store knows together: neither forgets what might lock the user, where the
       * store has not been told, or where it holds an earlier version by now.
       */
      const agree = (lease: Lease): Effect.Effect<void, CredentialStoreError> =>
        Effect.gen(function* () {
          const theirs = yield* look
          const ours = yield* records.read(user)
          if (theirs === undefined) {
            if (!loginRecord.isFresh(ours)) yield* tell(lease, ours)
            return
          }
          const told = agreed.get(spelled) ?? Number.POSITIVE_INFINITY
          const isAhead = theirs.version < told && !loginRecord.isFresh(ours)
          const both = isAhead ? loginRecord.merge(ours, theirs.record) : theirs.record
          yield* records.write(user, both)
          if (!isAhead) agreed.set(spelled, theirs.version)
          if (isAhead || (theirs.isOld && !loginRecord.isFresh(both))) yield* tell(lease, both)
        })

      const write = (lease: Lease | undefined, record: loginRecord.LoginRecord): Effect.Effect<void> => {
        agreed.delete(spelled)
        return Effect.zipRight(records.write(user, record), lease === undefined ? Effect.void : tell(lease, record))
      }

      const ledger = (lease: Lease | undefined): Ledger => ({
        mark,
        read: records.read(user),
        announce:
          lease === undefined
            ? Effect.void
            : Effect.gen(function* () {
                const now = yield* Clock.currentTimeMillis
                const pending = loginRecord.doubt(yield* records.read(user), yield* Random.next, now)
                const announced = yield* Effect.either(put(lease, pending))
                if (Either.isRight(announced) && !announced.right) return yield* busy
              }),
        write: (record) => write(lease, record),
        succeeded: Effect.flatMap(records.read(user), (record) => write(lease, loginRecord.succeed(record, mark)))
      })

      const result = yield* leasing.patiently(() =>
        Effect.flatMap(
          leasing.holding(store, key, (lease) =>
            // Who could not read what the store knows must not write over it.
            Effect.flatMap(Effect.isSuccess(agree(lease)), (isRead) => attempt(ledger(isRead ? lease : undefined)))
          ),
          (outcome) => {
            if (outcome._tag === "Done") return Effect.succeedSome(outcome.value)
            return outcome._tag === "Away" ? Effect.asSome(attempt(ledger(undefined))) : Effect.succeedNone
          }
        )
      )
      return Option.isSome(result) ? result.value : yield* busy
    })

  return {
    exclusively,
    forget: (user) =>
      Effect.zipRight(
        records.write(user, loginRecord.fresh),
        exclusively(user, ({ write }) => write(loginRecord.fresh))
      )
  }
}
