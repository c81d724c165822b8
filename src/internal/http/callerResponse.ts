import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Stream from "effect/Stream"
import * as serverText from "../secrets/serverText.js"
import { transportError } from "../secrets/transportError.js"
import { credentialHeaders } from "./headers.js"

/**
 * Shows the caller's request, not the one sent with credentials: who prints a response or an error prints its request.
 *
 * @internal
 */
export class CallerResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
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
    return this.#read(({ text }) => text)
  }

  get json() {
    return this.#read(({ json }) => json)
  }

  get urlParamsBody() {
    return this.#read(({ urlParamsBody }) => urlParamsBody)
  }

  get formData() {
    return this.#read(({ formData }) => formData)
  }

  get arrayBuffer() {
    return this.#read(({ arrayBuffer }) => arrayBuffer)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.mapError(
      Stream.suspend(() => this.#sent.stream),
      (error) => withCallerResponse(error, this)
    )
  }

  /** Suspended, because who prints an effect prints what it is made of. */
  #read<A>(
    body: (sent: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, HttpClientError.ResponseError>
  ): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.mapError(
      Effect.suspend(() => body(this.#sent)),
      (error) => withCallerResponse(error, this)
    )
  }

  toJSON(): unknown {
    return HttpIncomingMessage.inspect(this, {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status
    })
  }
}

/** What an error says, fit to be printed: the transport that wrote it knew the credentials it was to send. */
const saidIn = ({ cause, description, request: { headers } }: HttpClientError.HttpClientError) => {
  const secrets = credentialHeaders.flatMap((name) => headers[name]?.replace(/^\w+ /, "") ?? [])
  return {
    cause: transportError(cause, secrets),
    ...(description === undefined ? {} : { description: serverText.sentence(description, secrets) })
  }
}

/**
 * The same error around the response as the caller sees it.
 *
 * @internal
 */
export const withCallerResponse = (
  error: HttpClientError.ResponseError,
  response: HttpClientResponse.HttpClientResponse
): HttpClientError.ResponseError =>
  new HttpClientError.ResponseError({ request: response.request, response, reason: error.reason, ...saidIn(error) })

/**
 * The same error around the request as the caller made it. An error of the program's own client passes as it is.
 *
 * @internal
 */
export const withCallerRequest = <E>(
  error: E,
  request: HttpClientRequest.HttpClientRequest
): E | HttpClientError.HttpClientError => {
  if (!HttpClientError.isHttpClientError(error)) return error
  return error._tag === "ResponseError"
    ? withCallerResponse(error, new CallerResponse(error.response, request))
    : new HttpClientError.RequestError({ request, reason: error.reason, ...saidIn(error) })
}
