/**
 * A pipeline for each request, which shares its credentials with the others through a KV namespace. KV is eventually
 * consistent and cannot compare before it writes: places far apart may each log in.
 */

import * as PlatformError from "@effect/platform/Error"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import { CredentialStore, ThingSpaceHttpClient } from "effect-thingspace-auth"
import { account, variables } from "./account.js"

interface Environment {
  readonly CREDENTIALS: {
    readonly get: (key: string) => Promise<string | null>
    readonly put: (key: string, value: string, options: { readonly expirationTtl: number }) => Promise<void>
    readonly delete: (key: string) => Promise<void>
  }
}

/** The library keeps its own times; this only clears away what nobody reads any more. */
const expirationTtl = 24 * 60 * 60

const store = ({ CREDENTIALS }: Environment): Layer.Layer<KeyValueStore.KeyValueStore> => {
  const call = <A>(method: string, does: () => Promise<A>) =>
    Effect.tryPromise({
      try: does,
      catch: (cause) => new PlatformError.SystemError({ reason: "Unknown", module: "KeyValueStore", method, cause })
    })
  const never = (method: string) => call(method, () => Promise.reject(new Error("KV has no such operation")))
  return Layer.succeed(
    KeyValueStore.KeyValueStore,
    KeyValueStore.makeStringOnly({
      get: (key) =>
        Effect.map(
          call("get", () => CREDENTIALS.get(key)),
          Option.fromNullable
        ),
      set: (key, value) => call("set", () => CREDENTIALS.put(key, value, { expirationTtl })),
      remove: (key) => call("remove", () => CREDENTIALS.delete(key)),
      clear: never("clear"),
      size: never("size")
    })
  )
}

const layer = (environment: Environment) =>
  // Nothing of a request may outlive it, so nothing waits to log in again.
  ThingSpaceHttpClient.layerConfig({ relogin: Schedule.stop }).pipe(
    Layer.provide(Layer.provide(CredentialStore.layerKeyValueStore, store(environment))),
    Layer.provide([FetchHttpClient.layer, variables(environment)])
  )

export default {
  fetch: (request: Request, environment: Environment): Promise<Response> =>
    Effect.runPromise(Effect.provide(account(request), layer(environment)))
}
