import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { AuthError } from "../../AuthError.js"
import { monotonicMillis } from "../endpoint/pause.js"
import * as leasing from "../store/lease.js"
import type { Sharing } from "../store/sharing.js"
import { busy, type Ledger, type Put } from "./ledger.js"
import * as memories from "./memory.js"
import * as stored from "./storedRecord.js"

/** How long the store keeps a record after the latest attempt, sent or not. */
const life = Duration.days(30)

const nowhere: Put = () => Effect.succeed(true)

/**
 * Shares records through the store. Each process also keeps its own, and the store never overrides what the process has
 * seen. What it learned while the store was away is written once the store is back.
 *
 * @internal
 */
export const make = ({ baseUrl, store, vault }: Sharing, memory: memories.Memory): Ledger => {
  /** Merges this process's record and the store's, writes the result to both, and runs an effect, all under the lease. */
  const underLease = <A>(
    username: string,
    use: (put: Put) => Effect.Effect<A, AuthError>
  ): Effect.Effect<A, AuthError> =>
    Effect.gen(function* () {
      const { name, open, seal } = yield* vault
      const key = `thingspace:guard:${yield* name("guard", baseUrl, memories.spelling(username))}`

      const look = Effect.gen(function* () {
        const now = yield* monotonicMillis
        const entry = yield* store.get(key)
        if (Option.isNone(entry)) return Option.none()
        const written = now - Duration.toMillis(life) + Duration.toMillis(entry.value.timeToLive)
        return Option.flatMap(yield* open(key, entry.value.value), (text) => stored.decode(text, written))
      })
      const attempt = leasing.holding(store, key, (lease) =>
        Effect.gen(function* () {
          const theirs = yield* Effect.either(look)
          // A process that could not read the record must not overwrite it.
          if (theirs._tag === "Left") return yield* use(nowhere)
          const put: Put = (record) =>
            Effect.flatMap(monotonicMillis, (now) => seal(key, stored.encode(record, now))).pipe(
              Effect.flatMap((sealed) => store.set(lease, sealed, life)),
              Effect.orElseSucceed(() => true)
            )
          const both = memories.change(memory, memories.keyOf(baseUrl, username), true, (ours) =>
            Option.match(theirs.right, { onNone: () => ours, onSome: (known) => stored.merge(ours, known) })
          )
          yield* put(yield* both)
          return yield* use(put)
        })
      )
      const done = yield* leasing.patiently(() =>
        Effect.flatMap(attempt, (outcome) => {
          if (outcome._tag === "Done") return Effect.succeedSome(outcome.value)
          return outcome._tag === "Away" ? Effect.asSome(use(nowhere)) : Effect.succeedNone
        })
      )
      return Option.isSome(done) ? done.value : yield* busy
    })

  return {
    exclusively: (user, attempt) =>
      Effect.gen(function* () {
        const own = yield* (yield* vault).ofUser({ ...user, username: memories.spelling(user.username) })
        const mark = yield* own.name("password", baseUrl)
        return yield* underLease(user.username, (put) => attempt([mark], put))
      }),
    agree: (username) => Effect.ignore(underLease(username, () => Effect.void))
  }
}
