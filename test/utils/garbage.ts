import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"

setFlagsFromString("--expose-gc")
const gc: unknown = runInNewContext("gc")

/** Collects all garbage there is. */
export const collect: Effect.Effect<void> = Effect.sync(() => {
  if (Predicate.isFunction(gc)) gc()
})
