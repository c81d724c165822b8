/**
 * Not supported: one runtime for all requests of a plain Worker. Workers end what a request began when that request ends,
 * so a renewal may be dropped; the calls after it wait for its deadline, and no longer.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"
import { account, variables } from "./account.js"

const start = (environment: object) =>
  ManagedRuntime.make(
    ThingSpaceHttpClient.layerConfig().pipe(Layer.provide([FetchHttpClient.layer, variables(environment)]))
  )

let runtime: ReturnType<typeof start> | undefined

export default {
  fetch: (request: Request, environment: object): Promise<Response> => {
    runtime ??= start(environment)
    return runtime.runPromise(account(request))
  }
}
