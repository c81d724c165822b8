import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpMethod from "@effect/platform/HttpMethod"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { concat } from "../http/bodyPrefix.js"
import { credentialHeaders } from "../http/headers.js"

/**
 * The longest body that is read before it is sent, in bytes.
 *
 * @internal
 */
export const longestBuffered = 8 * 1024 * 1024

/** The middleware sets the first three; the others are the transport's, which `fetch` lets no caller set in a browser. */
const dropped: ReadonlyArray<string> = [
  ...credentialHeaders,
  "cookie",
  "host",
  "accept-encoding",
  "connection",
  "content-length",
  "expect",
  "keep-alive",
  "transfer-encoding",
  "upgrade"
]

type Outgoing = HttpClientRequest.HttpClientRequest

const unusable = (request: Outgoing, cause: unknown, description: string) =>
  new HttpClientError.RequestError({ request, reason: "Encode", cause, description })

/** Read before it is sent, so that it can be sent again; one that is too long is sent once, as it comes. */
const withBody = (request: Outgoing, source: ReadableStream<Uint8Array>, contentType: string | undefined) =>
  Effect.suspend(() => {
    const broken = (cause: unknown) => unusable(request, cause, "the body broke off before it was sent")
    const reader = source.getReader()
    const parts: Array<Uint8Array> = []
    let size = 0
    const fill: Effect.Effect<HttpBody.HttpBody, HttpClientError.RequestError> = Effect.flatMap(
      Effect.tryPromise({ try: () => reader.read(), catch: broken }),
      ({ done, value }) => {
        if (done) return Effect.succeed(HttpBody.uint8Array(concat(parts), contentType))
        if (!(value instanceof Uint8Array)) return unusable(request, undefined, "a body's chunks must be Uint8Array")
        parts.push(value)
        size += value.length
        if (size <= longestBuffered) return fill
        reader.releaseLock()
        const rest = Stream.fromReadableStream({ evaluate: () => source, onError: broken })
        return Effect.succeed(HttpBody.stream(Stream.concat(Stream.fromIterable(parts), rest), contentType))
      }
    )
    return Effect.onError(fill, () => Effect.promise(() => reader.cancel().catch(() => undefined)))
  }).pipe(Effect.map((body) => HttpClientRequest.setBody(request, body)))

/**
 * What `fetch` was asked to send, without the credentials that the caller put on it.
 *
 * @internal
 */
export const fromWeb = (request: Request, url: string): Effect.Effect<Outgoing, HttpClientError.RequestError> => {
  const method = request.method.toUpperCase()
  if (!HttpMethod.isHttpMethod(method)) {
    return unusable(HttpClientRequest.get(url), undefined, `${method} is no method of an HttpClient`)
  }
  const headers = [...request.headers].filter(([name]) => !dropped.includes(name))
  const outgoing = HttpClientRequest.make(method)(url, { headers })
  return request.body === null
    ? Effect.succeed(outgoing)
    : withBody(outgoing, request.body, request.headers.get("content-type") ?? undefined)
}
