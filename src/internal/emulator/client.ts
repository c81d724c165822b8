import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as Bytes from "./bytes.js"
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
  u instanceof URLSearchParams

const readWeb = (body: unknown): Effect.Effect<Body, unknown> =>
  Effect.tryPromise(() => {
    if (!isBodyInit(body)) {
      return Promise.reject(new TypeError("fetch takes no such body"))
    }
    const response = new Response(body)
    const contentType = response.headers.get("content-type")
    return response.arrayBuffer().then((buffer) => ({ bytes: new Uint8Array(buffer), contentType }))
  })

const readStream = (stream: Stream.Stream<Uint8Array, unknown>, longest: number): Effect.Effect<Body, unknown> =>
  Bytes.read(stream, longest).pipe(
    Effect.map((bytes) => ({ bytes })),
    Effect.catchAllCause((cause) =>
      Cause.isInterruptedOnly(cause) ? Effect.failCause(cause) : Effect.fail(Cause.squash(cause))
    )
  )

const read = ({ body }: HttpClientRequest.HttpClientRequest, longest: number): Effect.Effect<Body, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed({ bytes: noBytes })
    case "Uint8Array":
      return Effect.succeed({ bytes: body.body })
    case "Raw": {
      const raw = body.body
      if (Predicate.isString(raw)) {
        return Effect.succeed({ bytes: new TextEncoder().encode(raw), contentType: "text/plain;charset=UTF-8" })
      }
      return raw instanceof ReadableStream
        ? readStream(
            Stream.fromReadableStream<Uint8Array, unknown>(() => raw, identity),
            longest
          )
        : readWeb(raw)
    }
    case "FormData":
      return readWeb(body.formData)
    case "Stream":
      return readStream(body.stream, longest)
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
export const make = (receive: Wire.Receive, longest = Number.POSITIVE_INFINITY): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.gen(function* () {
      const fail = (cause: unknown) => new HttpClientError.RequestError({ request, reason: "Transport", cause })
      const { bytes, contentType } = yield* Effect.mapError(read(request, longest), fail)
      const headers = contentType ? { "content-type": contentType, ...request.headers } : request.headers
      const { answer, arrives }: Wire.Reply =
        bytes.length > longest
          ? { answer: Wire.tooLong, arrives: "whole" }
          : yield* receive(Wire.request(request.method, url, headers, bytes))
      if (answer === undefined || arrives === "not at all") {
        return yield* fail(new TypeError("The connection failed."))
      }
      return yield* Effect.try({
        try: () => HttpClientResponse.fromWeb(request, respond(answer, arrives)),
        catch: fail
      })
    })
  )
