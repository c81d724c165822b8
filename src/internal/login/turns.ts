import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as FiberId from "effect/FiberId"
import { EndpointError } from "../../AuthError.js"
import { monotonicMillis } from "../endpoint/pause.js"

/**
 * The turns that are under way, by what they are for.
 *
 * @internal
 */
export type Turns = Map<unknown, { readonly over: Deferred.Deferred<void>; readonly until: number }>

const crowdedOut = new EndpointError({
  endpoint: "login",
  reason: "NotSent",
  description: "earlier attempts have taken too long"
})

/**
 * Runs an effect while no other for the same key runs. A turn lasts until the deadline at most, because the runtime of
 * its holder may have been dropped, as a Worker's is at the end of its request. Whoever waits fails after as long.
 *
 * @internal
 */
export const take =
  (turns: Turns, key: unknown, deadline: Duration.Duration) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E | EndpointError, R> =>
    Effect.flatMap(monotonicMillis, (came) =>
      Effect.uninterruptibleMask((restore) => {
        const lasts = Duration.toMillis(deadline)
        const next: Effect.Effect<A, E | EndpointError, R> = Effect.flatMap(monotonicMillis, (now) => {
          const before = turns.get(key)
          if (before !== undefined && now < before.until) {
            if (now >= came + lasts) return Effect.fail(crowdedOut)
            const wait = Math.min(before.until, came + lasts) - now
            return Effect.zipRight(restore(Effect.timeoutOption(Deferred.await(before.over), wait)), next)
          }
          const turn = { over: Deferred.unsafeMake<void>(FiberId.none), until: now + lasts }
          turns.set(key, turn)
          const end = Effect.suspend(() => {
            if (turns.get(key) === turn) turns.delete(key)
            return Deferred.succeed(turn.over, undefined)
          })
          return Effect.ensuring(restore(effect), end)
        })
        return next
      })
    )
