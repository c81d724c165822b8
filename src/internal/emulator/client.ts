import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Wire from "./wire.js"

interface Body {
  readonly bytes: Uint8Array
  /** The content type that the body itself determines, as a form with its boundary does. */
  readonly contentType?: string | null
}

const noBytes = new Uint8Array()

const isBodyInit = (u: unknown): u is BodyInit =>
  Predicate.isString(u) ||
  u instanceof ArrayBuffer ||
  ArrayBuffer.isView(u) ||
  u instanceof Blob ||
  u instanceof FormData ||
  u instanceof URLSearchParams ||
  u instanceof ReadableStream

const readWeb = (body: unknown): Effect.Effect<Body, unknown> =>
  Effect.tryPromise(() => {
    if (!isBodyInit(body)) {
      return Promise.reject(new TypeError("fetch takes no such body"))
    }
    const response = new Response(body)
    const contentType = response.headers.get("content-type")
    return response.arrayBuffer().then((buffer) => ({ bytes: new Uint8Array(buffer), contentType }))
  })

const concat = (chunks: Iterable<Uint8Array>) => {
  const parts = Array.from(chunks)
  const bytes = new Uint8Array(parts.reduce((length, part) => length + part.length, 0))
  parts.reduce((offset, part) => {
    bytes.set(part, offset)
    return offset + part.length
  }, 0)
  return bytes
}

const readStream = (stream: Stream.Stream<Uint8Array, unknown>): Effect.Effect<Body, unknown> =>
  Stream.runCollect(stream).pipe(
    Effect.map((chunks) => ({ bytes: concat(chunks) })),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.fail(Cause.squash(cause))
    )
  )

const read = ({ body }: HttpClientRequest.HttpClientRequest): Effect.Effect<Body, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ bytes: noBytes })
    case "Uint8Array":
      return Effect.succeed({ bytes: body.body })
    case "Raw":
      return Predicate.isString(body.body)
        ? Effect.succeed({ bytes: new TextEncoder().encode(body.body), contentType: "text/plain;charset=UTF-8" })
        : readWeb(body.body)
    case "FormData":
      return readWeb(body.formData)
    case "Stream":
      return readStream(body.stream)
  }
}

/** A body that breaks off half way. */
const half = (body: string): ReadableStream<Uint8Array> => {
  const bytes = new TextEncoder().encode(body)
  const chunks = (bytes.length > 1 ? [bytes.slice(0, bytes.length / 2)] : []).values()
  return new ReadableStream({
    pull: (controller) => {
      const chunk = chunks.next()
      if (chunk.done) {
        controller.error(new TypeError("The connection failed."))
      } else {
        controller.enqueue(chunk.value)
      }
    }
  })
}

const respond = ({ body, cookies, headers, status }: Wire.Answer, arrives: Wire.Reply["arrives"]): Response => {
  const all = new Headers(headers)
  for (const cookie of cookies) {
    all.append("set-cookie", cookie)
  }
  const content = [204, 205, 304].includes(status) || (body === "" && arrives === "whole") ? null : body
  return new Response(arrives === "half" ? half(body) : content, { status, headers: all })
}

/** A client whose every request reaches the emulator, whatever its origin. */
export const make = (receive: Wire.Receive): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const fail = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
      const { bytes, contentType } = yield* Effect.mapError(read(request), fail)
      const headers = contentType ? { "content-type": contentType, ...request.headers } : request.headers
      const { answer, arrives } = yield* receive(Wire.request(request.method, url, headers, bytes))
      if (answer === undefined || arrives === "not at all") {
        return yield* fail(new TypeError("The connection failed."))
      }
      return yield* Effect.try({
        try: () => HttpClientResponse.fromWeb(request, respond(answer, arrives)),
        catch: fail
      })
    })
  )
