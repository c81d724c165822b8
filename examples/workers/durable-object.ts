/**
 * One Durable Object holds the credentials for every Worker: one token, one session, one guard, for as long as it lives.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import { ThingSpaceHttpClient } from "effect-thingspace-auth"
import { account, variables } from "./account.js"

interface Environment {
  readonly THINGSPACE: {
    readonly idFromName: (name: string) => unknown
    readonly get: (id: unknown) => { readonly fetch: (request: Request) => Promise<Response> }
  }
}

export class ThingSpace {
  readonly #runtime

  constructor(_state: unknown, environment: Environment) {
    this.#runtime = ManagedRuntime.make(
      ThingSpaceHttpClient.layerConfig().pipe(Layer.provide([FetchHttpClient.layer, variables(environment)]))
    )
  }

  fetch(request: Request): Promise<Response> {
    return this.#runtime.runPromise(account(request))
  }
}

export default {
  fetch: (request: Request, { THINGSPACE }: Environment): Promise<Response> =>
    THINGSPACE.get(THINGSPACE.idFromName("the only one")).fetch(request)
}
