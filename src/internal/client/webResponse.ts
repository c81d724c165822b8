import * as Cookies from "@effect/platform/Cookies"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"

/**
 * The two ways to read a response, each of which can be taken once.
 *
 * @internal
 */
export interface Body {
  readonly whole: () => Promise<ArrayBuffer>
  readonly open: () => ReadableStream<Uint8Array>
}

/** Announced lengths up to this are read in one piece, in bytes: a stream costs ten times as much. */
const short = 64 * 1024

/** Opened by the first read: a body that nobody reads is the transport's to let go of. */
const lazily = ({ open, whole }: Body, isShort: boolean): ReadableStream<Uint8Array> => {
  let opened: ReadableStreamDefaultReader<Uint8Array> | undefined
  const reader = () => {
    opened ??= open().getReader()
    return opened
  }
  return new ReadableStream(
    {
      pull: async (controller) => {
        const { done, value } = isShort ? { done: false, value: new Uint8Array(await whole()) } : await reader().read()
        if (!done) controller.enqueue(value)
        if (done || isShort) controller.close()
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
 * A response as `fetch` gives it.
 *
 * @internal
 */
export const toWeb = (response: HttpClientResponse.HttpClientResponse, body: Body): Response => {
  const { headers, request, status } = response
  const init = { status, headers: headersOf(response) }
  return request.method === "HEAD" || bodiless.includes(status)
    ? new Response(null, init)
    : new Response(lazily(body, Number(headers["content-length"]) <= short), init)
}
