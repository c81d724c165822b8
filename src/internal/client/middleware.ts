import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type { RuntimeFiber } from "effect/Fiber"
import type { Rejection } from "../../Rejection.js"
import type { Settings } from "../../ThingSpaceConfig.js"
import * as allowedOrigins from "../http/allowedOrigins.js"
import { CallerResponse, withCallerRequest, withCallerResponse } from "../http/callerResponse.js"
import * as surroundings from "../http/surroundings.js"
import * as rejectedResponse from "./rejectedResponse.js"
import * as renewal from "./renewal.js"
import type { Carried, Stage } from "./stage.js"

/** @internal */
export interface Options<ET, ES> {
  readonly token: Stage<ET>
  /** None if only the access token is sent. */
  readonly session: Stage<ES> | undefined
  readonly settings: Settings
  readonly classify: (status: number, body: string) => Rejection
  /** What in the caller's own context was meant to stand beneath the client, if anything. */
  readonly misplaced: (context: Context.Context<never>) => string | undefined
}

type Fiber = RuntimeFiber<unknown, unknown>

const nowIn = ({ currentDefaultServices }: Fiber): number => {
  const clock: Clock.Clock = currentDefaultServices.unsafeMap.get(Clock.Clock.key)
  return clock.unsafeCurrentTimeMillis()
}

/** The platform has accepted the credentials of an attempt. */
const noteAccepted = ({ carried, renewed, to }: renewal.Attempt): void => {
  for (const { api, stage } of renewed) stage.backoff.healed(api)
  for (const { stage, value } of carried) if (stage.backoff.isOpen) stage.backoff.accepted(to.request.url, value())
}

type Response = HttpClientResponse.HttpClientResponse

/**
 * Sends requests with the current credentials, and once more with another if the platform refuses one of them.
 *
 * @internal
 */
export const make = <E, R, ET, ES>(
  client: HttpClient.HttpClient.With<E, R>,
  options: Options<ET, ES>
): HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | ET | ES, R> => {
  type Failure = E | HttpClientError.HttpClientError | ET | ES
  type Outcome = Effect.Effect<Response, Failure, R>

  const { session, token } = options
  const resolve = allowedOrigins.make(options.settings, session !== undefined)
  const areSafe = surroundings.safeFor(client)

  const peek = (now: number): ReadonlyArray<Carried> | undefined => {
    const first = token.peek(now)
    if (first === undefined || session === undefined) return first && [first]
    const second = session.peek(now)
    return second && [first, second]
  }

  /**
   * The session first: its login may find that the access token has to be renewed. Waiting for the token takes its time,
   * in which the session may be refused.
   */
  const acquire: Effect.Effect<ReadonlyArray<Carried>, ET | ES> = session === undefined
    ? Effect.map(token.get, (first) => [first])
    : Effect.flatMap(session.get, (second) =>
        Effect.flatMap(token.get, (first) => (second.isCurrent() ? Effect.succeed([first, second]) : acquire))
      )

  const carrying = ({ carried, to }: renewal.Attempt): HttpClientRequest.HttpClientRequest => {
    let { request } = to
    for (const { stage, value } of carried) {
      request = HttpClientRequest.setHeader(request, stage.header ?? to.sessionHeader, value())
    }
    return request
  }

  const send = (fiber: Fiber, attempt: renewal.Attempt, sentAt: number): Outcome => {
    const call = client.execute(carrying(attempt))
    return Effect.matchCauseEffect(areSafe(fiber) ? call : surroundings.guarded(call, surroundings.credentialHeaders), {
      onSuccess: (sent): Outcome => {
        const response = new CallerResponse(sent, attempt.to.request)
        return response.status < 400 ? accepted(attempt, response, sentAt) : answered(attempt, response, Effect.succeed)
      },
      onFailure: (cause) => Effect.catchAll(Effect.failCause(cause), (error) => failed(attempt, error))
    })
  }

  const sendNow = (attempt: renewal.Attempt): Outcome =>
    Effect.withFiberRuntime<Response, Failure, R>((fiber) => send(fiber, attempt, nowIn(fiber)))

  const accepted = (attempt: renewal.Attempt, response: Response, sentAt: number): Outcome => {
    noteAccepted(attempt)
    let outcome: Outcome = Effect.succeed(response)
    for (const one of attempt.carried) {
      const used = one.used(sentAt)
      if (used !== undefined) outcome = Effect.zipRight(used, outcome)
    }
    return outcome
  }

  const renew = renewal.renewing<Failure, R>(acquire, sendNow)

  const answered = (attempt: renewal.Attempt, response: Response, handOn: (response: Response) => Outcome): Outcome =>
    Effect.flatMap(rejectedResponse.read(response, options), (reading) => {
      const finish = Effect.suspend(() => handOn(reading.response))
      if (reading.rejection !== "None" && reading.rejection !== "Permission") return renew(attempt, reading, finish)
      // A fault of the server's says nothing of the credentials.
      if (response.status < 500) noteAccepted(attempt)
      return finish
    })

  const failed = (attempt: renewal.Attempt, error: E): Outcome => {
    if (!rejectedResponse.isRefusal(error)) return Effect.fail(withCallerRequest(error, attempt.to.request))
    const response = new CallerResponse(error.response, attempt.to.request)
    return answered(attempt, response, (readable) => Effect.fail(withCallerResponse(error, readable)))
  }

  const wait = (fiber: Fiber, to: allowedOrigins.Addressed): Outcome => {
    const description = options.misplaced(fiber.currentContext)
    return description === undefined
      ? Effect.flatMap(acquire, (carried) => sendNow({ to, carried, renewed: [] }))
      : Effect.fail(new HttpClientError.RequestError({ request: to.request, reason: "Encode", description }))
  }

  const execute = (request: HttpClientRequest.HttpClientRequest): Outcome =>
    Effect.withFiberRuntime<Response, Failure, R>((fiber) => {
      const to = resolve(request)
      if ("_tag" in to) return Effect.fail(to)
      const now = nowIn(fiber)
      const carried = peek(now)
      return carried === undefined ? wait(fiber, to) : send(fiber, { to, carried, renewed: [] }, now)
    })

  // `makeWith` has `execute` go through an effect for the request, which only operators on top of the client need.
  return Object.assign(HttpClient.makeWith<never, never, Failure, R>(Effect.flatMap(execute), Effect.succeed), {
    execute
  })
}
