import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import type { Rejection } from "../../Rejection.js"
import type { Settings } from "../../ThingSpaceConfig.js"
import * as bodyPrefix from "../http/bodyPrefix.js"
import { PrefixedResponse } from "../http/prefixedResponse.js"

/** @internal */
export interface Reading {
  readonly rejection: Rejection
  /** The response to hand on; it can be read in every way. */
  readonly response: HttpClientResponse.HttpClientResponse
  /** Lets go of a response that is not handed on. */
  readonly discard: Effect.Effect<void>
}

/**
 * Whether an error is an answer of the platform's, from a client that was built to fail on some statuses.
 *
 * @internal
 */
export const isRefusal = (error: unknown): error is HttpClientError.ResponseError =>
  HttpClientError.isHttpClientError(error) &&
  error._tag === "ResponseError" &&
  error.reason === "StatusCode" &&
  error.response.status >= 400

const isTextual = (contentType: string | undefined): boolean =>
  contentType === undefined || /^\s*$|json|xml|^\s*text\/|urlencoded/i.test(contentType)

/**
 * Reads which credential a response refuses, and keeps it readable. A body that is not text is not looked at, unless to
 * let go of it.
 *
 * @internal
 */
export const read = (
  response: HttpClientResponse.HttpClientResponse,
  {
    classify,
    settings
  }: { readonly classify: (status: number, body: string) => Rejection; readonly settings: Settings }
): Effect.Effect<Reading> =>
  isTextual(response.headers["content-type"])
    ? Effect.map(bodyPrefix.read(response, bodyPrefix.limit, settings.requestTimeout), (prefix) => ({
        rejection: classify(response.status, new TextDecoder().decode(prefix.bytes)),
        response: new PrefixedResponse(response, prefix),
        discard: prefix.discard
      }))
    : Effect.succeed({ rejection: classify(response.status, ""), response, discard: bodyPrefix.discard(response) })
