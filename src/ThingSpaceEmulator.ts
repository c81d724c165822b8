/**
 * The ThingSpace platform, emulated: in memory and driven by the `Clock`, or on a port.
 *
 * It is written from Verizon's pages and shares no code with the clients it tests. Where the pages are silent it says
 * so, and an option or a fault of `failNext` gives the other behaviour.
 *
 * @since 0.1.0
 * @module
 */
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import * as client from "./internal/emulator/client.js"
import type { Fault } from "./internal/emulator/fault.js"
import type { Options } from "./internal/emulator/options.js"
import * as server from "./internal/emulator/server.js"
import * as service from "./internal/emulator/service.js"
import type { Receive } from "./internal/emulator/wire.js"

export { answer, type Fault, hang, lostRequest, lostResponse, truncated } from "./internal/emulator/fault.js"
export { credentials, type Defaults, defaults, type Latency, type Options } from "./internal/emulator/options.js"

/**
 * One request and what became of it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Exchange {
  /** When the platform received the request, in milliseconds since the epoch by the `Clock`. */
  readonly at: number
  /** The request's method, in capitals. */
  readonly method: string
  /** The full URL, origin and query included: what was sent to which host. */
  readonly url: string
  /** The path of `url`. */
  readonly path: string
  /** The request's headers under lower-case names, secrets included. */
  readonly headers: Readonly<Record<string, string>>
  /** The request's body as UTF-8 text, secrets included. */
  readonly body: string
  /** The status the platform decided on, or `undefined` where it decided on none: see `hang` and `lostRequest`. */
  readonly status: number | undefined
  /** The body of the platform's answer, empty where there is none. */
  readonly response: string
  /** The fault that `failNext` put in the way of this request. */
  readonly fault: Fault["_tag"] | undefined
}

/**
 * What a test or a demonstration can see of the platform, and do to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Every request so far, in the order in which the platform received them. */
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>>
  /** Hands over every request from now on, for as long as the scope is open. */
  readonly subscribe: Effect.Effect<Queue.Dequeue<Exchange>, never, Scope.Scope>
  /** Forgets the exchanges so far. */
  readonly clearExchanges: Effect.Effect<void>
  /**
   * Puts a fault in the way of the next request whose path begins with `path` (default: any), or of the next `times`
   * such requests (default 1; `Infinity` for all); faults are used in the order in which they were added.
   */
  readonly failNext: (
    fault: Fault,
    options?: { readonly path?: string | undefined; readonly times?: number | undefined }
  ) => Effect.Effect<void>
  /** Removes the faults that no request has met. */
  readonly clearFaults: Effect.Effect<void>
  /** Revokes the access token, as another process that uses the same application key would. */
  readonly revokeAll: Effect.Effect<void>
  /** Lets every session expire now. */
  readonly endSessions: Effect.Effect<void>
  /** The users whom five refused logins in a row have locked. */
  readonly lockedUsers: Effect.Effect<ReadonlyArray<string>>
  /** Sets a user's password and unlocks the user, as Verizon's support would. */
  readonly changePassword: (username: string, password: string) => Effect.Effect<void>
  /** The access token that the platform accepts now. */
  readonly currentToken: Effect.Effect<Option.Option<string>>
  /** The session tokens that the platform accepts now, oldest first. */
  readonly liveSessions: Effect.Effect<ReadonlyArray<string>>
  /** @internal */
  readonly receive: Receive
}

/**
 * The emulated platform.
 *
 * @since 0.1.0
 * @category tags
 */
export class ThingSpaceEmulator extends Context.Tag("effect-thingspace-auth/ThingSpaceEmulator")<
  ThingSpaceEmulator,
  Service
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
    Effect.map(ThingSpaceEmulator, ({ receive }) => client.make(receive))
  ).pipe(Layer.provideMerge(layerState(options)))

/**
 * The platform as an `HttpApp`. A lost request or response closes the connection where the server is Node's, and never
 * answers elsewhere.
 *
 * @since 0.1.0
 * @category apps
 */
export const app: HttpApp.Default<never, ThingSpaceEmulator> = Effect.flatMap(ThingSpaceEmulator, ({ receive }) =>
  server.respond(receive)
)

/**
 * The platform on the port of an `HttpServer`, such as that of `NodeHttpServer.layer`.
 *
 * @since 0.1.0
 * @category layers
 */
export const serve = (options?: Options): Layer.Layer<ThingSpaceEmulator, never, HttpServer.HttpServer> =>
  HttpServer.serve(app).pipe(Layer.provideMerge(layerState(options)))
