import * as Effect from "effect/Effect"
import * as garbage from "../utils/garbage.js"

/** What is left on the heap, in bytes, once all that can be collected has been: twice, for what finalizers let go. */
export const used: Effect.Effect<number> = garbage.collect.pipe(
  Effect.zipRight(Effect.sleep("50 millis")),
  Effect.zipRight(garbage.collect),
  Effect.map(() => process.memoryUsage().heapUsed)
)
