import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import type { AuthError } from "../../AuthError.js"

/** As much as the error says, in the only form that a plain client has. */
const fold = (
  error: HttpClientError.HttpClientError | AuthError,
  request: HttpClientRequest.HttpClientRequest
): HttpClientError.HttpClientError =>
  HttpClientError.isHttpClientError(error)
    ? error
    : new HttpClientError.RequestError({
        request,
        reason: error._tag === "EndpointError" ? "Transport" : "Encode",
        cause: error,
        description: error.message
      })

/** @internal */
export const plainClient = (
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError>
): HttpClient.HttpClient =>
  HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
    Effect.flatMap((request) => Effect.mapError(client.execute(request), (error) => fold(error, request))),
    Effect.succeed
  )
