import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as excerpt from "./bodyPrefix.js"
import { OutwardResponse } from "./callerResponse.js"

/**
 * A response of which the beginning has been read, and which can still be read in every way, and again where its body
 * was complete.
 *
 * @internal
 */
export class ExcerptedResponse extends OutwardResponse {
  readonly #excerpt: excerpt.Excerpt
  #rest: Effect.Effect<Uint8Array, HttpClientError.ResponseError> | undefined

  constructor(original: HttpClientResponse.HttpClientResponse, beginning: excerpt.Excerpt) {
    super(original, original.request)
    this.#excerpt = beginning
  }

  override get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.suspend(() => {
      const { bytes, discard, rest } = this.#excerpt
      return this.#rest === undefined
        ? Stream.ensuring(Stream.concat(Stream.make(bytes), rest), discard)
        : Stream.concat(Stream.make(bytes), Stream.fromEffect(this.#rest))
    })
  }

  get #bytes(): Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.ResponseError> {
    // Read once, whoever asks: printing a response reads it too, and does not wait for the end.
    this.#rest ??= Stream.runCollect(this.#excerpt.rest).pipe(
      Effect.map((parts) => excerpt.concat(Array.from(parts))),
      Effect.cached,
      Effect.runSync
    )
    return Effect.map(this.#rest, (rest) => excerpt.concat([this.#excerpt.bytes, rest]))
  }

  override get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.map(this.#bytes, (bytes) => bytes.buffer)
  }

  override get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.#bytes, (bytes) => new TextDecoder().decode(bytes))
  }

  override get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.flatMap(this.text, (text) => this.#decode((): unknown => (text === "" ? null : JSON.parse(text))))
  }

  override get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  override get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.flatMap(this.#bytes, (bytes) =>
      Effect.tryPromise({
        try: () => new Response(bytes, { headers: { "content-type": this.headers["content-type"] ?? "" } }).formData(),
        catch: (cause) => this.#decodeError(cause)
      })
    )
  }

  #decode<A>(decode: () => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.try({ try: decode, catch: (cause) => this.#decodeError(cause) })
  }

  #decodeError(cause: unknown): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })
  }
}
