/**
 * Clients that follow no redirect: the authenticated client knows them, and sets nothing up per call.
 *
 * @since 0.2.0
 * @module
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as surroundings from "./internal/http/surroundings.js"

const bodyOf = ({ body }: HttpClientRequest.HttpClientRequest): Effect.Effect<unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.void
    case "FormData":
      return Effect.succeed(body.formData)
    case "Stream":
      return Stream.toReadableStreamEffect(body.stream)
    case "Raw":
    case "Uint8Array":
      return Effect.succeed(body.body)
  }
}

/** The headers of the program's `RequestInit` beneath the request's; fetch counts the body's length itself. */
const headersOf = ({ headers }: HttpClientRequest.HttpClientRequest, init: RequestInit): Headers.Headers => {
  const all =
    init.headers === undefined
      ? headers
      : Headers.merge(Headers.fromInput(new globalThis.Headers(init.headers)), headers)
  return "content-length" in all ? Headers.remove(all, "content-length") : all
}

const make = (built: Context.Context<never>): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal, { currentContext }) => {
    const said = ({ key }: { readonly key: string }) => currentContext.unsafeMap.get(key) ?? built.unsafeMap.get(key)
    const fetch: typeof globalThis.fetch = said(FetchHttpClient.Fetch) ?? globalThis.fetch
    const init: RequestInit = said(FetchHttpClient.RequestInit) ?? {}
    const send = (body: unknown) =>
      Effect.tryPromise({
        try: () => {
          const own = {
            method: request.method,
            headers: headersOf(request, init),
            body,
            signal,
            duplex: request.body._tag === "Stream" ? "half" : undefined,
            redirect: init.redirect === "error" ? init.redirect : "manual"
          }
          return fetch(url, Object.assign({}, init, own))
        },
        catch: (cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
      })
    return Effect.map(Effect.flatMap(bodyOf(request), send), (response) =>
      HttpClientResponse.fromWeb(request, response)
    )
  })

/**
 * Fetch that never follows a redirect, whatever a `RequestInit` says: `manual`, or `error` if the program says so.
 *
 * `FetchHttpClient.Fetch` and `FetchHttpClient.RequestInit` hold as for `FetchHttpClient.layer`: those of the caller,
 * else those where the layer was built. A call over this costs less, because it merges no context.
 *
 * @since 0.2.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.effect(
  HttpClient.HttpClient,
  Effect.contextWith((built: Context.Context<never>) => surroundings.followingNone(make(built), "always"))
)

/**
 * Vouches that a client follows no redirect, as undici's and Node's do unless they are told to.
 *
 * For fetch this is made true: it is told `manual`, and a caller's `RequestInit` that follows redirects is still seen, at
 * the cost of one look per call. An interceptor of undici's that follows redirects is not seen, and would take the
 * credentials along: never vouch for one.
 *
 * @since 0.2.0
 * @category layers
 */
export const followingNone = <E, R>(
  client: Layer.Layer<HttpClient.HttpClient, E, R>
): Layer.Layer<HttpClient.HttpClient, E, R> =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(HttpClient.HttpClient, (made) => surroundings.followingNone(made, "unlessTold"))
  ).pipe(
    // Fresh, because a build shares layers that are the same value: whoever built it first would decide.
    Layer.provide(Layer.fresh(client)),
    Layer.provide(Layer.effect(FetchHttpClient.RequestInit, surroundings.stayingInit))
  )
