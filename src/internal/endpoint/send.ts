import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import { identity } from "effect/Function"
import * as Metric from "effect/Metric"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { type Endpoint, EndpointError } from "../../AuthError.js"
import { ThingSpaceConfig } from "../../ThingSpaceConfig.js"
import * as bodyPrefix from "../http/bodyPrefix.js"
import { without } from "../http/headers.js"
import * as origin from "../http/origin.js"
import * as guard from "../http/surroundings.js"
import { type Answer, type EndpointFailure, fromAnswer, fromClientError } from "./failure.js"
import * as lateAnswer from "./lateAnswer.js"
import * as platformError from "./platformError.js"
import * as retryAfter from "./retryAfter.js"

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
  /** What the span says beside the address. */
  readonly attributes?: Readonly<Record<string, string>>
  /** Told what the call says within two minutes after its deadline; without it the call ends at the deadline. */
  readonly onLateAnswer?: ((exit: Exit.Exit<A, EndpointFailure>) => Effect.Effect<void>) | undefined
}

/**
 * For calls whose success is its status alone, unless the body is an error. The body may repeat a secret, and is dropped.
 *
 * @internal
 */
export const statusAlone = Schema.transform(
  Schema.String.pipe(Schema.filter((body) => !platformError.isError(body))),
  Schema.Undefined,
  { strict: true, decode: () => undefined, encode: () => "" }
)

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

/** An answer of any status, even if the client was built to fail on some. */
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

const undocumented = "the body is not the documented JSON"

/** Only the names of our own fields: the values are the platform's, and may be a token. */
const unusable = (error: ParseResult.ParseError): string => {
  const fields = ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) => issue.path.join("."))
  const named = [...new Set(fields)].filter((field) => field !== "").join(", ")
  return named === "" ? undocumented : `unusable ${named}`
}

const decode = <A>(call: Call<A>, answer: Answer): Either.Either<A, EndpointFailure> => {
  const { endpoint } = call
  const { body, status } = answer
  const decoded = Either.try({
    try: () => Either.mapLeft(Schema.decodeEither(call.success)(body), unusable),
    // Nested too deeply for the decoder.
    catch: () => undocumented
  })
  return Either.mapLeft(Either.flatMap(decoded, identity), (description) =>
    platformError.isError(body)
      ? fromAnswer(endpoint, answer, call.secrets)
      : new EndpointError({ endpoint, reason: "Decode", status, description })
  )
}

/** What the beginning of a body says, and the status that it came with. */
const judge = <A>(
  call: Call<A>,
  answer: Answer,
  beginning: bodyPrefix.BodyPrefix
): Either.Either<A, EndpointFailure> => {
  const { endpoint } = call
  const { status } = answer
  if (status < 200 || status >= 300) return Either.left(fromAnswer(endpoint, answer, call.secrets))
  if (beginning.complete) return decode(call, answer)
  return Either.left(
    beginning.bytes.length > bodyPrefix.limit
      ? new EndpointError({ endpoint, reason: "Decode", status, description: "the body is longer than 64 KiB" })
      : new EndpointError({ endpoint, reason: "Transport", status, description: "the body broke off" })
  )
}

/** The call's own deadline covers the body too. */
const read = <A>(call: Call<A>, response: HttpClientResponse.HttpClientResponse): Effect.Effect<A, EndpointFailure> =>
  Effect.gen(function* () {
    const beginning = yield* bodyPrefix.read(response, bodyPrefix.limit, Duration.infinity)
    const body = new TextDecoder().decode(beginning.bytes)
    const after = retryAfter.parse(response.headers["retry-after"], yield* Clock.currentTimeMillis)
    const judged = judge(call, { status: response.status, body, retryAfter: after }, beginning)
    if (Either.isLeft(judged)) yield* beginning.discard
    return yield* judged
  })

/**
 * Sends authentication calls: to the platform's own address, each within its deadline, and with every failure turned
 * into one that holds neither the request nor the answer.
 *
 * @internal
 */
export const make: Effect.Effect<Send, never, HttpClient.HttpClient> = Effect.gen(function* () {
  // With its scope the call's connection ends: fetch keeps the one over which a 407 came, which it makes an error.
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.withScope,
    HttpClient.withTracerPropagation(false),
    // The program's own client may keep cookies; the platform sets one that holds the access token.
    HttpClient.mapRequest((request) => ("cookie" in request.headers ? without(request, ["cookie"]) : request))
  )
  const { baseUrl, requestTimeout } = yield* ThingSpaceConfig
  const base = origin.parseBase(baseUrl)
  const scope = yield* Effect.serviceOption(Scope.Scope)

  return (call) => {
    const { endpoint } = call
    if (Either.isLeft(base)) {
      return Effect.fail(new EndpointError({ endpoint, reason: "NotSent", description: `baseUrl: ${base.left}` }))
    }
    const { hostname, port } = new URL(base.right.href)
    const request = call.request.pipe(
      HttpClientRequest.prependUrl(base.right.href),
      HttpClientRequest.acceptJson,
      // Not every transport decodes what is compressed.
      HttpClientRequest.setHeader("accept-encoding", "identity")
    )
    const exchange = execute(client, endpoint, request).pipe(
      Effect.flatMap((response) => read(call, response)),
      Effect.scoped,
      // The deadline holds also if the transport takes its time to stop.
      Effect.disconnect
    )
    const onTimeout = () => new EndpointError({ endpoint, reason: "Timeout" })
    const { onLateAnswer } = call
    const answered =
      onLateAnswer === undefined
        ? Effect.timeoutFail(exchange, { duration: requestTimeout, onTimeout })
        : lateAnswer.listen(exchange, { deadline: requestTimeout, onDeadline: onTimeout, onLateAnswer, scope })
    return answered.pipe(
      Effect.onExit((exit) => count(endpoint, exit)),
      Effect.withSpan(`ThingSpace.${endpoint}`, {
        captureStackTrace: false,
        attributes: {
          "server.address": hostname,
          ...(port === "" ? {} : { "server.port": Number(port) }),
          ...call.attributes
        }
      })
    )
  }
})
