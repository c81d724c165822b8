import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"

export const annotated = (customer: string) =>
  Layer.provide(ThingSpaceHttpClient.layerForUser(), Layer.scopedDiscard(Effect.annotateLogsScoped({ customer })))
