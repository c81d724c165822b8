/**
 * The ThingSpace platform, emulated: in memory and driven by the `Clock`, or on a port.
 *
 * It is written from Verizon's pages and shares no code with the clients it tests. What it invents is marked; an option or
 * a fault of `failNext` gives the other behaviour.
 *
 * @since 0.1.0
 * @module
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as client from "./internal/emulator/client.js"
import * as control from "./internal/emulator/control.js"
import type { Options } from "./internal/emulator/options.js"
import * as server from "./internal/emulator/server.js"
import * as service from "./internal/emulator/service.js"

export type { Account } from "./internal/emulator/account.js"
export type { Device, Usage } from "./internal/emulator/device.js"
export { type Endpoint, endpoints } from "./internal/emulator/endpoints.js"
export { type Exchange, masked, type PendingRequest } from "./internal/emulator/exchange.js"
export {
  after,
  answer,
  delayed,
  errorInSuccess,
  type Fault,
  hang,
  laggingNode,
  lostRequest,
  lostResponse,
  throttled,
  truncated,
  webPage
} from "./internal/emulator/fault.js"
export { credentials, type Defaults, defaults, type Latency, type Options } from "./internal/emulator/options.js"
export type { FaultOptions, Match } from "./internal/emulator/pendingFault.js"
export type { Service } from "./internal/emulator/service.js"

/**
 * The emulated platform.
 *
 * @since 0.1.0
 * @category tags
 */
export class ThingSpaceEmulator extends Context.Tag("effect-thingspace-auth/ThingSpaceEmulator")<
  ThingSpaceEmulator,
  service.Service
>() {}

/** What a guard knows of the users of one emulated platform means nothing at another: this is its reference to the owner. */
const LoginMemory = Context.GenericTag<never, object>("effect-thingspace-auth/LoginMemory")

/**
 * The platform without a way to reach it, for serving `app` as part of a server of your own.
 *
 * @since 0.1.0
 * @category layers
 */
export const layerState = (options?: Options): Layer.Layer<ThingSpaceEmulator> =>
  Layer.scopedContext(
    Effect.map(service.make(options), (platform) =>
      Context.make(ThingSpaceEmulator, platform).pipe(Context.add(LoginMemory, platform))
    )
  )

/**
 * The platform in memory: no socket, time by the `Clock`, and an `HttpClient` that reaches it under every origin and
 * follows no redirect.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import * as Layer from "effect/Layer"
 * import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * const { account } = ThingSpaceEmulator.defaults
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
 *   const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
 *   yield* client.get(`/api/m2m/v1/accounts/${account}`)
 *   yield* emulator.endSessions
 *   yield* emulator.clearExchanges
 *   yield* client.get(`/api/m2m/v1/accounts/${account}`)
 *   for (const { path, status } of yield* emulator.exchanges) console.log(status, path)
 *   // => 400 /api/m2m/v1/accounts/0000123456-00001
 *   // => 200 /api/m2m/v1/session/login
 *   // => 200 /api/m2m/v1/accounts/0000123456-00001
 * })
 *
 * const ThingSpaceTest = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
 *   Layer.provideMerge(ThingSpaceEmulator.layer())
 * )
 *
 * await Effect.runPromise(Effect.provide(program, ThingSpaceTest))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options?: Options): Layer.Layer<ThingSpaceEmulator | HttpClient.HttpClient> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(ThingSpaceEmulator, ({ receive, limits }) => client.make(receive, limits.maxBodySize))
  ).pipe(Layer.provideMerge(layerState(options)))

/**
 * The platform as an `HttpApp`. A lost request or response closes the connection if the server is Node's, and is
 * never answered otherwise.
 *
 * @since 0.1.0
 * @category apps
 */
export const app: HttpApp.Default<never, ThingSpaceEmulator> = Effect.flatMap(ThingSpaceEmulator, server.respond)

/**
 * The platform in memory beneath a pipeline. The program gets the pipeline and the emulator, but not the plain `HttpClient`
 * that reaches it, so that no test calls the platform without credentials.
 *
 * @example
 * ```ts
 * import * as Effect from "effect/Effect"
 * import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * const ThingSpaceTest = ThingSpaceEmulator.layerFor(ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials), {
 *   accounts: [{ name: "0000123456-00001", organizationName: "Harbour" }]
 * })
 *
 * const program = Effect.gen(function* () {
 *   const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
 *   const { status } = yield* client.get("/api/m2m/v1/accounts/0000123456-00001")
 *   const { exchanges } = yield* ThingSpaceEmulator.ThingSpaceEmulator
 *   console.log(status, (yield* exchanges).length)
 *   // => 200 3
 * })
 *
 * await Effect.runPromise(Effect.provide(program, ThingSpaceTest))
 * ```
 *
 * @since 0.2.0
 * @category layers
 */
export const layerFor = <ROut, E, RIn>(
  pipeline: Layer.Layer<ROut, E, RIn> & ([HttpClient.HttpClient] extends [RIn] ? unknown : NeedsHttpClient),
  options?: Options
): Layer.Layer<ROut | ThingSpaceEmulator, E, Exclude<RIn, ThingSpaceEmulator | HttpClient.HttpClient>> => {
  const emulated = layer(options)
  return Layer.merge(Layer.provide(pipeline, emulated), Layer.map(emulated, Context.omit(HttpClient.HttpClient)))
}

/**
 * What the compiler misses in a pipeline that needs no `HttpClient`, which would not reach the emulator.
 *
 * @since 0.2.0
 * @category models
 */
export interface NeedsHttpClient {
  readonly "The pipeline needs no HttpClient, so it would not reach the emulator": never
}

/**
 * The platform on the port of an `HttpServer`, such as that of `NodeHttpServer.layer`.
 *
 * With `control` it also takes orders from programs of the same machine, in any language, under `/emulator/`: faults,
 * devices, the log, the end of tokens and sessions; `docs/testing.md` lists them. Other machines, and pages in a browser,
 * are refused with 403.
 *
 * @since 0.1.0
 * @category layers
 */
export const serve = (
  options?: Options & {
    /** Whether the emulator takes orders over HTTP; default false. */
    readonly control?: boolean | undefined
  }
): Layer.Layer<ThingSpaceEmulator, never, HttpServer.HttpServer> =>
  HttpServer.serve(options?.control === true ? controlled : app).pipe(Layer.provideMerge(layerState(options)))

const controlled: HttpApp.Default<never, ThingSpaceEmulator> = Effect.flatMap(ThingSpaceEmulator, (service) =>
  Effect.flatMap(HttpServerRequest.HttpServerRequest, ({ url }) =>
    control.isControl(url) ? control.respond(service) : server.respond(service)
  )
)
