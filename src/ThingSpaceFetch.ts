/**
 * The authenticated client as a `fetch`, for generated SDKs and for code without Effect.
 *
 * @since 0.2.0
 * @module
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"
import { fromWeb } from "./internal/client/webRequest.js"
import { toWeb } from "./internal/client/webResponse.js"
import { ThingSpaceHttpClient } from "./ThingSpaceHttpClient.js"

/** Callers of `fetch` know a failed one by its class. */
const failed = (cause: unknown): TypeError =>
  new TypeError(`fetch failed: ${cause instanceof Error ? cause.message : String(cause)}`, { cause })

/** Holds the request itself: its signal is no longer told of an abort once the request has been collected. */
const aborted = (request: Request): Effect.Effect<never, unknown> =>
  Effect.async((resume) => {
    const { signal } = request
    const fail = () => resume(Effect.fail(request.signal.reason))
    if (signal.aborted) fail()
    signal.addEventListener("abort", fail, { once: true })
    return Effect.sync(() => signal.removeEventListener("abort", fail))
  })

/**
 * A `fetch` that carries both credentials, and renews a refused one as the client does. It runs in the runtime in which it
 * was made, and works as long as that does.
 *
 * - **Address**: a string that begins with one slash is joined to `baseUrl`; other origins are refused as by the client.
 * - **Headers**: the caller's `authorization`, session headers, `cookie` and `host` are dropped.
 * - **Body**: read before it is sent, up to 8 MiB, so that it can be sent again; a longer one is sent once, as it comes.
 * - **Redirects** are never followed: a 3xx is handed back as it is.
 * - **`signal`**: an aborted one sends nothing; aborting later ends the call, or the body, with the signal's reason.
 * - **Failures**: rejects with a `TypeError` whose `cause` is the `AuthError` or `HttpClientError`.
 *
 * @example
 * ```ts
 * import * as Layer from "effect/Layer"
 * import * as ManagedRuntime from "effect/ManagedRuntime"
 * import { ThingSpaceEmulator, ThingSpaceFetch, ThingSpaceHttpClient } from "effect-thingspace-auth"
 *
 * // In production: your own credentials, and `ThingSpaceTransport.layer` beneath.
 * const runtime = ManagedRuntime.make(
 *   Layer.provide(ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials), ThingSpaceEmulator.layer())
 * )
 *
 * const fetch = await runtime.runPromise(ThingSpaceFetch.make)
 * const response = await fetch(`/api/m2m/v1/accounts/${ThingSpaceEmulator.defaults.account}`)
 * console.log(response.status) // => 200
 *
 * await runtime.dispose()
 * ```
 *
 * @since 0.2.0
 * @category constructors
 */
export const make: Effect.Effect<typeof globalThis.fetch, never, ThingSpaceHttpClient> = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient
  const runtime = yield* Effect.runtime<never>()

  const run = async <A>(effect: Effect.Effect<A, unknown>, { signal }: Request): Promise<A> => {
    const exit = await Runtime.runPromiseExit(runtime)(effect, { signal })
    if (Exit.isSuccess(exit)) return exit.value
    return Promise.reject(signal.aborted ? signal.reason : failed(Cause.squash(exit.cause)))
  }

  return async (input, init) => {
    // The address is the client's to judge, which knows what a relative one is joined to.
    const request = input instanceof Request ? new Request(input, init) : new Request("https://localhost/", init)
    request.signal.throwIfAborted()
    const url = input instanceof Request ? input.url : String(input)
    const response = await run(Effect.flatMap(fromWeb(request, url), client.execute), request)
    return toWeb(response, {
      whole: () => run(response.arrayBuffer, request),
      open: () => {
        const parts = Stream.mapError(response.stream, failed)
        return Stream.toReadableStreamRuntime(Stream.interruptWhen(parts, aborted(request)), runtime)
      }
    })
  }
})
