import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Fiber from "effect/Fiber"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Tracer from "effect/Tracer"

/**
 * Where fibers run that belong to a layer and not to the caller that happened to start them.
 *
 * @internal
 */
export interface Background {
  /** Starts a fiber at the next turn, so that whoever starts it can note it down first; none once the layer has closed. */
  readonly fork: <A, E>(effect: Effect.Effect<A, E>) => Fiber.RuntimeFiber<A, E> | undefined
  /** Ends what runs and lets nothing start any more, where that must be so before the layer has closed. */
  readonly close: Effect.Effect<void>
}

/**
 * Fibers forked here start with the layer's own references and no parent span, and end with the layer's scope: at once,
 * because they are interruptible whatever region the layer was built in.
 *
 * @internal
 */
export const make: Effect.Effect<Background, never, Scope.Scope> = Effect.gen(function* () {
  const runtime = Runtime.updateContext(yield* Effect.runtime<never>(), Context.omit(Tracer.ParentSpan))
  const scope = yield* Scope.make()
  let closed = false
  const close = Effect.suspend(() => {
    closed = true
    return Scope.close(scope, Exit.void)
  })
  yield* Effect.addFinalizer(() => close)
  const runFork = Runtime.runFork(runtime)
  return {
    fork: (effect) => {
      if (closed) return undefined
      // The scope may close before the fiber's first turn, and a closed scope does not keep it from starting.
      const body = Effect.suspend(() => (closed ? Effect.interrupt : effect))
      return runFork(Effect.interruptible(body), { scope, immediate: false })
    },
    close
  }
})
