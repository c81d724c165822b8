import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type AuthError, EndpointError } from "../../AuthError.js"
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

const lifeMillis = Duration.toMillis(stored.life)

/** What an attempt ends with whose lease has ended before its login was sent; callers never see it. */
const lost = new EndpointError({ endpoint: "login", reason: "NotSent", description: "the lease has ended" })

/** How often such an attempt is made anew. Whoever can write the store can end each lease. */
const again = 2

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
export const make = ({ baseUrl, patience, store, vault }: Sharing, memory: memories.Memory): Ledgers => {
  const patiently = leasing.patience(patience)
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

  const put = (
    { key, vault }: Place,
    lease: Lease,
    username: string,
    record: LoginRecord
  ): Effect.Effect<boolean, CredentialStoreError> =>
    Effect.gen(function* () {
      const written = { lease: lease.token, writtenAt: yield* Clock.currentTimeMillis }
      const text = stored.encode(withEpoch(record), yield* monotonicMillis, written)
      const isStored = yield* store.set(lease, yield* vault.seal(key, text), stored.life)
      if (!isStored) return false
      const known = yield* read(username)
      yield* remember(username, { ...known, epoch: { ...known.epoch, seen: lease.token } })
      return true
    })

  /** What the store has; nothing if that was set back, by a failover or by somebody who can write it. */
  const look = ({ key, vault }: Place, lease: Lease | undefined, { epoch: { seen } }: stored.SharedRecord) =>
    Effect.gen(function* () {
      const entry = yield* store.get(key)
      if (Option.isNone(entry)) return undefined
      const { timeToLive, value, version } = entry.value
      // A store that counts anew, as after a restart, has not been set back.
      if (version < seen && (lease === undefined || lease.token > seen)) return undefined
      const age = lifeMillis - Duration.toMillis(timeToLive)
      const text = yield* vault.open(key, value)
      const [now, wall] = [yield* monotonicMillis, yield* Clock.currentTimeMillis]
      const record = Option.flatMap(text, (opened) => stored.decode(opened, { version, age }, now, wall))
      return Option.isSome(record) ? { record: record.value, isOld: age > lifeMillis / 2 } : undefined
    })

  /** Brings what is known here and what the store knows together, in both; only here without a lease. */
  const agree = (place: Place, lease: Lease | undefined, username: string): Effect.Effect<void, CredentialStoreError> =>
    Effect.gen(function* () {
      const theirs = yield* look(place, lease, yield* read(username))
      const ours = yield* read(username)
      // What has been taken in is not taken in again, however young it is said to be.
      const isNews = theirs !== undefined && theirs.record.epoch.seen !== ours.epoch.seen
      const both = isNews ? stored.merge(ours, theirs.record) : ours
      yield* remember(username, both)
      if (lease === undefined) return
      if (theirs?.isOld === true || !stored.isSame(both, theirs?.record ?? stored.none)) {
        yield* Effect.ignore(put(place, lease, username, both))
      }
    })

  /**
   * Does something under the lease, told whether the store could be read: who could not must not write over it. A lease
   * that somebody holds for too long is done without.
   */
  const underLease = <A>(
    place: Place,
    username: string,
    use: (lease: Lease | undefined) => Effect.Effect<A, AuthError>
  ): Effect.Effect<A, AuthError> =>
    Effect.flatMap(
      patiently(place.key, () =>
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
      Option.match({
        onNone: () => Effect.zipRight(Effect.ignore(agree(place, undefined, username)), use(undefined)),
        onSome: Effect.succeed
      })
    )

  const ledgerOf = (place: Place, user: Uws, mark: passwordMark.Mark, lease: Lease | undefined): Ledger => {
    const { username } = user
    const write = (record: LoginRecord): Effect.Effect<void> =>
      Effect.zipRight(
        remember(username, record),
        lease === undefined ? Effect.void : Effect.ignore(put(place, lease, username, record))
      )
    return {
      marks: [passwordMark.of(user.password), mark],
      read: read(username),
      write,
      announce: (record) =>
        Effect.gen(function* () {
          yield* remember(username, record)
          const isAnnounced =
            lease === undefined || (yield* Effect.orElseSucceed(put(place, lease, username, record), () => true))
          if (isAnnounced) return
          const known = yield* read(username)
          yield* remember(username, { ...settled(known), pending: undefined })
          return yield* lost
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
        const attemptUnder = (lease: Lease | undefined) => attempt(ledgerOf(place, user, mark, lease))
        const isLost = (error: AuthError) => error === lost
        return yield* underLease(place, user.username, attemptUnder).pipe(
          Effect.retry({ times: again, while: isLost }),
          Effect.catchIf(isLost, () => attemptUnder(undefined))
        )
      }),
    change: (username, f) =>
      Effect.gen(function* () {
        yield* remember(username, f(yield* read(username), yield* monotonicMillis))
        // What is known here is taken there by agreeing.
        yield* Effect.flatMap(placeOf(username), (place) => underLease(place, username, () => Effect.void))
      }).pipe(Effect.ignore)
  }
}
