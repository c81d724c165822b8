import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as FiberId from "effect/FiberId"
import { monotonicMillis } from "../endpoint/pause.js"

interface Turn {
  readonly over: Deferred.Deferred<void>
  /** When its holder was last known to run, by the monotonic clock. */
  heardAt: number
}

/**
 * The turns that are under way, by what they are for.
 *
 * @internal
 */
export type Turns = Map<unknown, Turn>

/** A holder whose runtime has been dropped, as a Worker's is at the end of its request, says nothing any more. */
const patience = 10_000

const beat = Duration.millis(patience / 4)

const beating = (turn: Turn): Effect.Effect<never> =>
  Effect.forever(
    Effect.zipRight(
      Effect.sleep(beat),
      Effect.map(monotonicMillis, (now) => {
        turn.heardAt = now
      })
    )
  )

/** Waits for the turn to end, by a timer of this fiber's own; a silent one is over. */
const ended = (turns: Turns, key: unknown, turn: Turn): Effect.Effect<void> =>
  Effect.flatMap(monotonicMillis, (now) => {
    const left = turn.heardAt + patience - now
    if (left > 0) {
      return Effect.raceFirst(
        Deferred.await(turn.over),
        Effect.zipRight(
          Effect.sleep(Duration.millis(left)),
          Effect.suspend(() => ended(turns, key, turn))
        )
      )
    }
    if (turns.get(key) === turn) turns.delete(key)
    return Effect.void
  })

/**
 * Runs an effect while no other for the same key runs. A turn lasts for as long as its holder runs, and a little longer
 * if the holder falls silent.
 *
 * @internal
 */
export const take =
  (turns: Turns, key: unknown) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.uninterruptibleMask((restore) => {
      const next: Effect.Effect<A, E, R> = Effect.flatMap(monotonicMillis, (now) => {
        const before = turns.get(key)
        if (before !== undefined) return Effect.zipRight(restore(ended(turns, key, before)), next)
        const turn: Turn = { over: Deferred.unsafeMake(FiberId.none), heardAt: now }
        turns.set(key, turn)
        return Effect.flatMap(Effect.forkDaemon(Effect.interruptible(beating(turn))), (heart) =>
          Effect.ensuring(
            restore(effect),
            Effect.suspend(() => {
              if (turns.get(key) === turn) turns.delete(key)
              return Effect.zipRight(Fiber.interrupt(heart), Deferred.succeed(turn.over, undefined))
            })
          )
        )
      })
      return next
    })
