import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AuthError } from "../../AuthError.js"
import { monotonicMillis } from "../endpoint/pause.js"
import * as leasing from "../store/lease.js"
import type { Lease } from "../store/reference.js"
import type { Sharing } from "../store/sharing.js"
import { type Ledger, lost, type Put } from "./ledger.js"
import * as memories from "./memory.js"
import * as stored from "./storedRecord.js"

/** How often an attempt that lost its lease is begun anew. Whoever can write the store can end each lease. */
const again = 2

const nowhere: Put = () => Effect.succeed(true)

/**
 * Shares records through the store. Each process also keeps its own, and the store never overrides what the process has
 * seen. What it learned while the store was away is written once the store is back.
 *
 * @internal
 */
export const make = ({ baseUrl, patience, store, vault }: Sharing, memory: memories.Memory): Ledger => {
  const patiently = leasing.patience(patience)

  /**
   * Merges this process's record and the store's, writes the result to both, and runs an effect, all under the lease. A
   * lease that another holds for too long is done without, and then nothing is written to the store.
   */
  const underLease = <A>(
    username: string,
    use: (put: Put) => Effect.Effect<A, AuthError>
  ): Effect.Effect<A, AuthError> =>
    Effect.gen(function* () {
      const { name, open, seal } = yield* vault
      const key = `thingspace:guard:${yield* name("guard", baseUrl, memories.spelling(username))}`
      const change = (f: memories.Change) => memories.change(memory, memories.keyOf(baseUrl, username), true, f)

      /** Takes in what the store has, once. */
      const take = (lease?: Lease) =>
        Effect.gen(function* () {
          const entry = yield* store.get(key)
          const ours = yield* change((record) => record)
          if (Option.isNone(entry)) return ours
          const { timeToLive, value, version } = entry.value
          const { seen = 0 } = ours
          // It was set back, by a failover or by somebody who can write it, unless it counts anew, as after a restart.
          const isSetBack = version < seen && (lease === undefined || lease.token > seen)
          if (isSetBack || version === seen) return ours
          const text = yield* open(key, value)
          const kept = { version, age: Duration.toMillis(stored.life) - Duration.toMillis(timeToLive) }
          const wall = yield* Clock.currentTimeMillis
          return yield* change((record, now) =>
            Option.match(
              Option.flatMap(text, (opened) => stored.decode(opened, kept, now, wall)),
              {
                onNone: () => record,
                onSome: (theirs) => ({ ...stored.merge(record, theirs), seen: Math.max(seen, version) })
              }
            )
          )
        })
      const putUnder =
        (lease: Lease): Put =>
        (record) =>
          Effect.gen(function* () {
            const written = { lease: lease.token, writtenAt: yield* Clock.currentTimeMillis }
            const text = stored.encode(record, yield* monotonicMillis, written)
            const isStored = yield* store.set(lease, yield* seal(key, text), stored.life)
            if (isStored) yield* change((known) => ({ ...known, seen: lease.token }))
            return isStored
          }).pipe(Effect.orElseSucceed(() => true))

      const attempt = leasing.holding(store, key, (lease) =>
        Effect.gen(function* () {
          const both = yield* Effect.option(take(lease))
          // A process that could not read the record must not overwrite it.
          if (Option.isNone(both)) return yield* use(nowhere)
          const put = putUnder(lease)
          yield* put(both.value)
          return yield* use(put)
        })
      )
      const done = yield* patiently(key, () =>
        Effect.flatMap(attempt, (outcome) => {
          if (outcome._tag === "Done") return Effect.succeedSome(outcome.value)
          return outcome._tag === "Away" ? Effect.asSome(use(nowhere)) : Effect.succeedNone
        })
      )
      return Option.isSome(done) ? done.value : yield* Effect.zipRight(Effect.ignore(take()), use(nowhere))
    })

  return {
    exclusively: (user, attempt) =>
      Effect.gen(function* () {
        const own = yield* (yield* vault).ofUser({ ...user, username: memories.spelling(user.username) })
        const mark = yield* own.name("password", baseUrl)
        const isLost = (error: AuthError) => error === lost
        return yield* underLease(user.username, (put) => attempt([mark], put)).pipe(
          Effect.retry({ times: again, while: isLost }),
          Effect.catchIf(isLost, () => attempt([mark], nowhere))
        )
      }),
    agree: (username) => Effect.ignore(underLease(username, () => Effect.void))
  }
}
