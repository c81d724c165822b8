import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { ThingSpaceFetch, ThingSpaceHttpClient, ThingSpaceTransport } from "effect-thingspace-auth"

declare global {
  var thingspaceFetch: Promise<typeof fetch> | undefined
}

const start = (): Promise<typeof fetch> =>
  ManagedRuntime.make(Layer.provide(ThingSpaceHttpClient.layerConfig(), ThingSpaceTransport.layer)).runPromise(
    ThingSpaceFetch.make
  )

/** Kept on `globalThis`, because Next.js evaluates a module once for each bundle, and again after each edit. */
export const thingspace = (): Promise<typeof fetch> => {
  globalThis.thingspaceFetch ??= start()
  return globalThis.thingspaceFetch
}
