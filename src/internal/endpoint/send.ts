import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Metric from "effect/Metric"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type Endpoint, EndpointError } from "../../AuthError.js"
import { ThingSpaceConfig } from "../../ThingSpaceConfig.js"
import * as bodyPrefix from "../http/bodyPrefix.js"
import * as origin from "../http/origin.js"
import * as guard from "../http/surroundings.js"
import { type EndpointFailure, fromAnswer, fromClientError } from "./failure.js"

/**
 * One authentication call: what it sends, to which path, and what the body of a success says.
 *
 * @internal
 */
export interface Call<A> {
  readonly endpoint: Endpoint
  readonly request: HttpClientRequest.HttpClientRequest
  readonly success: Schema.Schema<A, string>
  /** Everything in the request that must not come back in an error's text. */
  readonly secrets: ReadonlyArray<string>
}

/**
 * For the calls of which a success says all by its status. What it repeats in its body goes no further.
 *
 * @internal
 */
export const statusAlone = Schema.transform(Schema.String, Schema.Undefined, {
  strict: true,
  decode: () => undefined,
  encode: () => ""
})

/** @internal */
export type Send = <A>(call: Call<A>) => Effect.Effect<A, EndpointFailure>

const requests = Metric.counter("thingspace.auth.requests", {
  description: "Authentication calls to ThingSpace, by endpoint and outcome",
  incremental: true
})

const count = (endpoint: Endpoint, exit: Exit.Exit<unknown, EndpointFailure>): Effect.Effect<void> => {
  const outcome = Exit.match(exit, {
    onFailure: (cause) => (cause._tag === "Fail" ? cause.error._tag : "Interrupted"),
    onSuccess: () => "Success"
  })
  const tagged = Metric.tagged(requests, "thingspace.endpoint", endpoint)
  return Metric.increment(Metric.tagged(tagged, "thingspace.outcome", outcome))
}

/** An answer of any status, also where the client was built to fail on some. */
const execute = (
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError, Scope.Scope>,
  endpoint: Endpoint,
  request: HttpClientRequest.HttpClientRequest
): Effect.Effect<HttpClientResponse.HttpClientResponse, EndpointError, Scope.Scope> =>
  Effect.catchAll(
    guard.guarded(client.execute(request), guard.everyHeader),
    (error: HttpClientError.HttpClientError) =>
      error._tag === "ResponseError" && error.reason === "StatusCode"
        ? Effect.succeed(error.response)
        : Effect.fail(fromClientError(endpoint, error))
  )

/** Only the names of our own fields: the values are the platform's, and may be a token. */
const unusable = (error: ParseResult.ParseError): string => {
  const fields = ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => issue.path.join("."))
  const named = [...new Set(fields)].filter((field) => field !== "").join(", ")
  return named === "" ? "the body is not the documented JSON" : `unusable ${named}`
}

const decode = <A>(call: Call<A>, status: number, body: string): Effect.Effect<A, EndpointError> =>
  Effect.try(() => Either.mapLeft(Schema.decodeEither(call.success)(body), unusable)).pipe(
    // Nested too deeply for the decoder.
    Effect.catchAll(() => Effect.succeed(Either.left("the body is not the documented JSON"))),
    Effect.flatten,
    Effect.mapError(
      (description) => new EndpointError({ endpoint: call.endpoint, reason: "Decode", status, description })
    )
  )

/** The call's own deadline covers the body too. */
const read = <A>(call: Call<A>, response: HttpClientResponse.HttpClientResponse): Effect.Effect<A, EndpointFailure> =>
  Effect.flatMap(
    bodyPrefix.read(response, bodyPrefix.limit, Duration.infinity),
    (prefix): Effect.Effect<A, EndpointFailure> => {
      const { endpoint } = call
      const { status } = response
      const body = new TextDecoder().decode(prefix.bytes)
      if (status < 200 || status >= 300) {
        return Effect.zipRight(prefix.discard, Effect.fail(fromAnswer(endpoint, status, body, call.secrets)))
      }
      if (prefix.complete) return decode(call, status, body)
      const failure =
        prefix.bytes.length > bodyPrefix.limit
          ? new EndpointError({ endpoint, reason: "Decode", status, description: "the body is longer than 64 KiB" })
          : new EndpointError({ endpoint, reason: "Transport", status, description: "the body broke off" })
      return Effect.zipRight(prefix.discard, Effect.fail(failure))
    }
  )

/**
 * Sends authentication calls: to the platform's own address, each within its deadline, and with every failure turned
 * into one that holds neither the request nor the answer.
 *
 * @internal
 */
export const make: Effect.Effect<Send, never, HttpClient.HttpClient> = Effect.gen(function* () {
  // With its scope the call's connection ends: fetch keeps the one over which a 407 came, which it makes an error.
  const client = HttpClient.withScope(yield* HttpClient.HttpClient)
  const { baseUrl, requestTimeout } = yield* ThingSpaceConfig
  const base = origin.parseBase(baseUrl)

  return (call) => {
    const { endpoint } = call
    if (Either.isLeft(base)) {
      return Effect.fail(new EndpointError({ endpoint, reason: "NotSent", description: `baseUrl: ${base.left}` }))
    }
    const { hostname, port } = new URL(base.right.href)
    const request = call.request.pipe(HttpClientRequest.prependUrl(base.right.href), HttpClientRequest.acceptJson)
    return execute(client, endpoint, request).pipe(
      Effect.flatMap((response) => read(call, response)),
      Effect.scoped,
      // The deadline holds also where the transport takes its time to stop.
      Effect.disconnect,
      Effect.timeoutFail({
        duration: requestTimeout,
        onTimeout: () => new EndpointError({ endpoint, reason: "Timeout" })
      }),
      Effect.onExit((exit) => count(endpoint, exit)),
      Effect.withSpan(`ThingSpace.${endpoint}`, {
        captureStackTrace: false,
        attributes: { "server.address": hostname, ...(port === "" ? {} : { "server.port": Number(port) }) }
      })
    )
  }
})
