import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { monotonicMillis } from "../endpoint/pause.js"
import type { Lease, Service } from "./reference.js"

/** Two renewals may fail before a lease ends. */
const renewing = (store: Service, lease: Lease): Effect.Effect<never> =>
  Effect.forever(
    Effect.zipRight(Effect.sleep(Duration.times(lease.duration, 1 / 3)), Effect.ignore(store.renew(lease)))
  )

/**
 * What came of an attempt to do something under a lease.
 *
 * @internal
 */
export type Outcome<A> =
  | { readonly _tag: "Done"; readonly value: A }
  /** Another holds the lease. */
  | { readonly _tag: "Busy" }
  /** The store failed before anything was done. */
  | { readonly _tag: "Away" }

/**
 * Takes the lease on a key, keeps it while it is used, and gives it back.
 *
 * A process that is interrupted between taking a lease and knowing that it has leaves it to end by itself.
 *
 * @internal
 */
export const holding = <A, E>(
  store: Service,
  key: string,
  use: (lease: Lease) => Effect.Effect<A, E>
): Effect.Effect<Outcome<A>, E> =>
  Effect.acquireUseRelease(
    Effect.either(Effect.interruptible(store.lease(key))),
    (taken): Effect.Effect<Outcome<A>, E> => {
      if (Either.isLeft(taken)) return Effect.succeed({ _tag: "Away" })
      if (Option.isNone(taken.right)) return Effect.succeed({ _tag: "Busy" })
      const lease = taken.right.value
      return Effect.map(Effect.raceFirst(use(lease), Effect.interruptible(renewing(store, lease))), (value) => ({
        _tag: "Done",
        value
      }))
    },
    (taken) =>
      Either.isRight(taken) && Option.isSome(taken.right)
        ? Effect.ignore(store.release(taken.right.value))
        : Effect.void
  )

/** From a fortieth to a quarter of a second, so that many who wait do not come at once. */
const pauseAfter = (attempts: number): Effect.Effect<void> =>
  Effect.flatMap(Random.nextRange(0.5, 1), (share) => Effect.sleep(share * Math.min(25 * 1.5 ** attempts, 250)))

/**
 * Tries again and again until an attempt brings something; none once it has been waited for too long. An attempt is told
 * for how long that has been, in milliseconds.
 *
 * Whoever can write the store can hold a lease for ever. That is waited for once, until the lease has been had again.
 *
 * @internal
 */
export const patience = (longest: Duration.Duration) => {
  const overdue = new Set<string>()
  return <A, E>(
    key: string,
    attempt: (waited: number) => Effect.Effect<Option.Option<A>, E>
  ): Effect.Effect<Option.Option<A>, E> =>
    Effect.flatMap(monotonicMillis, (began) => {
      const next = (attempts: number, waited: number): Effect.Effect<Option.Option<A>, E> =>
        Effect.flatMap(attempt(waited), (result) => {
          if (Option.isSome(result)) overdue.delete(key)
          else if (waited >= Duration.toMillis(longest)) overdue.add(key)
          if (Option.isSome(result) || overdue.has(key)) return Effect.succeed(result)
          return Effect.flatMap(Effect.zipRight(pauseAfter(attempts), monotonicMillis), (now) =>
            next(attempts + 1, now - began)
          )
        })
      return next(0, 0)
    })
}
