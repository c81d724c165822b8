import * as Cookies from "@effect/platform/Cookies"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Runtime from "effect/Runtime"
import * as Stream from "effect/Stream"

/** A stream that is opened by the first read: an answer that nobody reads is the transport's to let go of. */
const lazily = (open: () => ReadableStream<Uint8Array>): ReadableStream<Uint8Array> => {
  let opened: ReadableStreamDefaultReader<Uint8Array> | undefined
  const reader = () => {
    opened ??= open().getReader()
    return opened
  }
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = await reader().read()
        if (done) controller.close()
        else controller.enqueue(value)
      },
      cancel: (reason) => reader().cancel(reason)
    },
    { highWaterMark: 0 }
  )
}

/** Statuses whose answers have no body (Fetch standard, "null body status"). */
const bodiless: ReadonlyArray<number> = [204, 205, 304]

const headersOf = ({ cookies, headers }: HttpClientResponse.HttpClientResponse): Headers => {
  const all = new Headers(headers)
  const set = Cookies.toSetCookieHeaders(cookies)
  if (set.length > 0) all.delete("set-cookie")
  for (const cookie of set) all.append("set-cookie", cookie)
  return all
}

/**
 * A response as `fetch` gives it; `body` is its stream, with the errors that a reader is to see.
 *
 * @internal
 */
export const toWeb = (
  response: HttpClientResponse.HttpClientResponse,
  body: Stream.Stream<Uint8Array, unknown>,
  runtime: Runtime.Runtime<never>
): Response => {
  const { request, status } = response
  const init = { status, headers: headersOf(response) }
  return request.method === "HEAD" || bodiless.includes(status)
    ? new Response(null, init)
    : new Response(
        lazily(() => Stream.toReadableStreamRuntime(body, runtime)),
        init
      )
}
