import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as bodyPrefix from "./bodyPrefix.js"
import { CallerResponse } from "./callerResponse.js"

/**
 * A response whose body has been begun. It can still be read in every way, and as often as one likes but as a stream.
 *
 * @internal
 */
export class PrefixedResponse extends CallerResponse {
  readonly #prefix: bodyPrefix.BodyPrefix
  #rest: Effect.Effect<Uint8Array, HttpClientError.ResponseError> | undefined

  constructor(original: HttpClientResponse.HttpClientResponse, prefix: bodyPrefix.BodyPrefix) {
    super(original, original.request)
    this.#prefix = prefix
  }

  override get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.suspend(() => {
      const { bytes, discard, rest } = this.#prefix
      return this.#rest === undefined
        ? Stream.ensuring(Stream.concat(Stream.make(bytes), rest), discard)
        : Stream.concat(Stream.make(bytes), Stream.fromEffect(this.#rest))
    })
  }

  get #bytes(): Effect.Effect<Uint8Array<ArrayBuffer>, HttpClientError.ResponseError> {
    // Read once, whoever asks: printing a response reads it too, and does not wait for the end.
    this.#rest ??= Stream.runCollect(this.#prefix.rest).pipe(
      Effect.map((parts) => bodyPrefix.concat(Array.from(parts))),
      Effect.cached,
      Effect.runSync
    )
    return Effect.map(this.#rest, (rest) => bodyPrefix.concat([this.#prefix.bytes, rest]))
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
