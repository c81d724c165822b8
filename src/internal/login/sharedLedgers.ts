import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type AuthError, LoginBlocked } from "../../AuthError.js"
import type { Uws } from "../../Credentials.js"
import { monotonicMillis } from "../endpoint/pause.js"
import * as leasing from "../store/lease.js"
import type { CredentialStoreError, Lease } from "../store/reference.js"
import type { Vault } from "../store/seal.js"
import type { Sharing } from "../store/sharing.js"
import type { Ledger, Ledgers } from "./ledger.js"
import * as passwordMark from "./mark.js"
import * as memories from "./memory.js"
import { type LoginRecord, settled } from "./record.js"
import * as stored from "./storedRecord.js"

/** How long the store remembers a user who does not log in; each look at it that refuses a login begins it anew. */
const life = Duration.days(30)
const lifeMillis = Duration.toMillis(life)

/** Another process has been logging this user in for longer than an attempt takes. */
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

/** One user, as the store knows them. */
interface Place {
  readonly key: string
  readonly vault: Vault
}

const withEpoch = (record: LoginRecord): stored.SharedRecord => ({
  ...record,
  epoch: record.epoch ?? stored.none.epoch
})

/**
 * What processes share through the store. Each also remembers for itself, and never takes the store's word against what
 * it has seen; what it learned while the store was away goes there when that is back.
 *
 * @internal
 */
export const make = ({ baseUrl, store, vault }: Sharing, memory: memories.Memory): Ledgers => {
  const localKey = (username: string) => memories.keyOf(baseUrl, username)
  const read = (username: string) => Effect.sync(() => withEpoch(memories.read(memory, localKey(username))))
  const remember = (username: string, record: LoginRecord) => memories.write(memory, localKey(username), record)

  const placeOf = (username: string): Effect.Effect<Place, AuthError> =>
    Effect.flatMap(vault, (opened) =>
      Effect.map(opened.name("guard", baseUrl, memories.spelling(username)), (name) => ({
        key: `thingspace:guard:${name}`,
        vault: opened
      }))
    )

  const put = (place: Place, lease: Lease, record: LoginRecord): Effect.Effect<boolean, CredentialStoreError> =>
    Effect.gen(function* () {
      const text = stored.encode(withEpoch(record), yield* monotonicMillis)
      return yield* store.set(lease, yield* place.vault.seal(place.key, text), life)
    })

  const look = ({ key, vault }: Place) =>
    Effect.gen(function* () {
      const now = yield* monotonicMillis
      const entry = yield* store.get(key)
      if (Option.isNone(entry)) return undefined
      const age = lifeMillis - Duration.toMillis(entry.value.timeToLive)
      const text = yield* vault.open(key, entry.value.value)
      const record = Option.flatMap(text, (opened) => stored.decode(opened, now - age))
      return Option.isSome(record) ? { record: record.value, isOld: age > lifeMillis / 2 } : undefined
    })

  /** Brings what is known here and what the store knows together, in both. */
  const agree = (place: Place, lease: Lease, username: string): Effect.Effect<void, CredentialStoreError> =>
    Effect.gen(function* () {
      const theirs = yield* look(place)
      const ours = yield* read(username)
      if (theirs === undefined) {
        if (!stored.isSame(ours, stored.none)) yield* Effect.ignore(put(place, lease, ours))
        return yield* remember(username, ours)
      }
      const both = stored.merge(ours, theirs.record)
      yield* remember(username, both)
      if (theirs.isOld || !stored.isSame(both, theirs.record)) yield* Effect.ignore(put(place, lease, both))
    })

  /** Does something under the lease, told whether the store could be read: who could not must not write over it. */
  const underLease = <A>(
    place: Place,
    username: string,
    use: (lease: Lease | undefined) => Effect.Effect<A, AuthError>
  ): Effect.Effect<A, AuthError> =>
    Effect.flatMap(
      leasing.patiently(() =>
        Effect.flatMap(
          leasing.holding(store, place.key, (lease) =>
            Effect.flatMap(Effect.isSuccess(agree(place, lease, username)), (isRead) => use(isRead ? lease : undefined))
          ),
          (outcome) => {
            if (outcome._tag === "Done") return Effect.succeedSome(outcome.value)
            return outcome._tag === "Away" ? Effect.asSome(use(undefined)) : Effect.succeedNone
          }
        )
      ),
      Option.match({ onNone: () => busy, onSome: Effect.succeed })
    )

  const ledgerOf = (place: Place, user: Uws, mark: passwordMark.Mark, lease: Lease | undefined): Ledger => {
    const write = (record: LoginRecord): Effect.Effect<void> =>
      Effect.zipRight(
        remember(user.username, record),
        lease === undefined ? Effect.void : Effect.ignore(put(place, lease, record))
      )
    return {
      marks: [passwordMark.of(user.password), mark],
      read: read(user.username),
      write,
      announce: (record) =>
        Effect.gen(function* () {
          yield* remember(user.username, record)
          const isAnnounced =
            lease === undefined || (yield* Effect.orElseSucceed(put(place, lease, record), () => true))
          if (isAnnounced) return
          const known = yield* read(user.username)
          yield* remember(user.username, { ...settled(known), pending: undefined })
          return yield* busy
        })
    }
  }

  return {
    exclusively: (user, attempt) =>
      Effect.gen(function* () {
        const place = yield* placeOf(user.username)
        const spelled = memories.spelling(user.username)
        const own = yield* place.vault.ofUser({ ...user, username: spelled })
        const mark = yield* own.name("password", baseUrl)
        return yield* underLease(place, user.username, (lease) => attempt(ledgerOf(place, user, mark, lease)))
      }),
    change: (username, f) =>
      Effect.gen(function* () {
        yield* remember(username, f(yield* read(username), yield* monotonicMillis))
        // What is known here is taken there by agreeing.
        yield* Effect.flatMap(placeOf(username), (place) => underLease(place, username, () => Effect.void))
      }).pipe(Effect.ignore)
  }
}
