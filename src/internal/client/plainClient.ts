import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import { type AuthError, isTransient } from "../../AuthError.js"

/** `HttpClient.retryTransient` repeats what fails with `Transport`, and nothing that fails with `Encode`. */
const fold = (
  error: HttpClientError.HttpClientError | AuthError,
  request: HttpClientRequest.HttpClientRequest
): HttpClientError.HttpClientError =>
  HttpClientError.isHttpClientError(error)
    ? error
    : new HttpClientError.RequestError({
        request,
        reason: isTransient(error) ? "Transport" : "Encode",
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
