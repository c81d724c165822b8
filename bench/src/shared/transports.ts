import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Runtime from "effect/Runtime"
import { built, credentials } from "../peers/ours.js"
import { ThingSpaceConfig, ThingSpaceHttpClient } from "./library.js"
import type { Slice } from "./slices.js"

/** NodeHttpClient's own agent opens a connection for each call; this one keeps them. */
const keepAlive = Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))

export const transports: Readonly<Record<string, Layer.Layer<HttpClient.HttpClient>>> = {
  "FetchHttpClient.layer": FetchHttpClient.layer,
  "NodeHttpClient.layerUndici": NodeHttpClient.layerUndici,
  "NodeHttpClient.layer": NodeHttpClient.layer,
  "NodeHttpClient, keepAlive agent": keepAlive
}

export type Client = HttpClient.HttpClient.With<unknown>

type Run = <A, E>(effect: Effect.Effect<A, E>) => Promise<A>

export interface Clients {
  readonly run: Run
  /** The same for a program that says once that no fetch follows a redirect. */
  readonly runTold: Run
  readonly bare: Client
  readonly authenticated: Client
}

/** The bare client of a transport and the authenticated one on top of the same. */
export const clients = async (transport: Layer.Layer<HttpClient.HttpClient>, baseUrl: string): Promise<Clients> => {
  const layer = Layer.orDie(ThingSpaceHttpClient.layer(credentials)).pipe(
    Layer.provide(Layer.orDie(ThingSpaceConfig.layer({ baseUrl }))),
    Layer.provideMerge(transport)
  )
  const runtime = await built(layer)
  const run = Runtime.runPromise(runtime)
  const runTold: Run = (effect) =>
    run(Effect.provideService(effect, FetchHttpClient.RequestInit, { redirect: "manual" }))
  const bare = await run(HttpClient.HttpClient)
  const authenticated = await run(ThingSpaceHttpClient.ThingSpaceHttpClient)
  return { run, runTold, bare, authenticated }
}

/** Calls that read their answers, so many at a time; each call's time in milliseconds goes to `observe`. */
export const calling = (
  run: Run,
  client: Client,
  target: string,
  {
    calls,
    concurrency,
    observe
  }: { readonly calls: number; readonly concurrency: number; readonly observe?: (ms: number) => void }
): Slice => {
  const call = Effect.suspend(() => {
    const start = performance.now()
    return Effect.map(
      Effect.flatMap(client.get(target), (response) => response.json),
      () => observe?.(performance.now() - start)
    )
  })
  const all = Effect.all(
    Array.from({ length: concurrency }, () => Effect.repeatN(call, Math.max(1, Math.round(calls / concurrency)) - 1)),
    { concurrency: "unbounded", discard: true }
  )
  return async () => {
    await run(all)
    return concurrency * Math.max(1, Math.round(calls / concurrency))
  }
}
