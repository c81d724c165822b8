import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Stream from "effect/Stream"
import * as withheld from "../secrets/withheld.js"

/**
 * A response, and the errors of reading it, around the request as the program made it: the one that was sent carries
 * credentials, and whoever prints a response or an error prints its request.
 *
 * @internal
 */
export class OutwardResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  get [HttpClientResponse.TypeId](): HttpClientResponse.TypeId {
    return HttpClientResponse.TypeId
  }

  get [HttpIncomingMessage.TypeId](): HttpIncomingMessage.TypeId {
    return HttpIncomingMessage.TypeId
  }

  readonly request: HttpClientRequest.HttpClientRequest
  readonly #sent: HttpClientResponse.HttpClientResponse

  constructor(sent: HttpClientResponse.HttpClientResponse, request: HttpClientRequest.HttpClientRequest) {
    super()
    this.#sent = sent
    this.request = request
  }

  get status() {
    return this.#sent.status
  }

  get headers() {
    return this.#sent.headers
  }

  get cookies() {
    return this.#sent.cookies
  }

  get remoteAddress() {
    return this.#sent.remoteAddress
  }

  get text() {
    return this.#outward(this.#sent.text)
  }

  get json() {
    return this.#outward(this.#sent.json)
  }

  get urlParamsBody() {
    return this.#outward(this.#sent.urlParamsBody)
  }

  get formData() {
    return this.#outward(this.#sent.formData)
  }

  get arrayBuffer() {
    return this.#outward(this.#sent.arrayBuffer)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.mapError(this.#sent.stream, (error) => outwardError(error, this))
  }

  #outward<A>(body: Effect.Effect<A, HttpClientError.ResponseError>): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.mapError(body, (error) => outwardError(error, this))
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
}

/**
 * The same error around another response.
 *
 * @internal
 */
export const outwardError = (
  error: HttpClientError.ResponseError,
  response: HttpClientResponse.HttpClientResponse
): HttpClientError.ResponseError =>
  new HttpClientError.ResponseError({
    request: response.request,
    response,
    reason: error.reason,
    cause: withheld.unlessTelling(outwardFailure(error.cause, response.request), error.request),
    ...(error.description === undefined ? {} : { description: error.description })
  })

/**
 * What failed, around the request as the program made it, and so the errors within it that a client put around another's.
 *
 * @internal
 */
export const outwardFailure = <E>(
  error: E,
  request: HttpClientRequest.HttpClientRequest
): E | HttpClientError.HttpClientError => {
  if (!HttpClientError.isHttpClientError(error)) return error
  if (error._tag === "ResponseError") return outwardError(error, new OutwardResponse(error.response, request))
  const { cause, description, reason } = error
  return new HttpClientError.RequestError({
    request,
    reason,
    cause: withheld.unlessTelling(outwardFailure(cause, request), error.request),
    ...(description === undefined ? {} : { description })
  })
}
