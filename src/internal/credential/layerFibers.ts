import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

/**
 * Runs fibers that belong to a layer, not to the caller that started them.
 *
 * @internal
 */
export interface LayerFibers {
  /** Starts a fiber at the next turn, so that the caller can record it first; none once the layer has closed. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E> | undefined
  /** Ends every fiber and lets no other start. Runs when the layer closes, or earlier if something has to follow it. */
  readonly close: Effect.Effect<void>
  readonly isClosed: () => boolean
}

/**
 * Fibers start with the layer's own references and without a parent span. They are interruptible whatever region the
 * layer was built in, so closing the layer ends them at once; a fiber that does not end is waited for two seconds.
 *
 * @internal
 */
export const make: Effect.Effect<LayerFibers, never, Scope.Scope> = Effect.gen(function* () {
  const runtime = Runtime.updateContext(yield* Effect.runtime<never>(), Context.omit(Tracer.ParentSpan))
  const runFork = Runtime.runFork(runtime)
  const running = new Set<Fiber.RuntimeFiber<unknown, unknown>>()
  let closed = false
  const close = Effect.suspend(() => {
    closed = true
    return Effect.ignore(Effect.timeoutOption(Effect.interruptible(Fiber.interruptAll(running)), "2 seconds"))
  })
  yield* Effect.addFinalizer(() => close)
  return {
    fork: (effect) => {
      if (closed) return undefined
      // An interruption before the first turn does not keep a fiber from starting.
      const body = Effect.suspend(() => (closed ? Effect.interrupt : effect))
      const fiber = runFork(Effect.interruptible(body), { immediate: false })
      running.add(fiber)
      fiber.addObserver(() => running.delete(fiber))
      return fiber
    },
    close,
    isClosed: () => closed
  }
})
