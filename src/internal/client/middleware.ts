import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { RuntimeFiber } from "effect/Fiber"
import type { AccessToken } from "../../AccessToken.js"
import type { TokenError } from "../../AuthError.js"
import type { Rejection } from "../../Rejection.js"
import type { SessionToken } from "../../SessionToken.js"
import type { Settings } from "../../ThingSpaceConfig.js"
import type { Brakes, Carrier } from "../credential/carrier.js"
import * as address from "../http/allowedOrigins.js"
import { CallerResponse, withCallerRequest, withCallerResponse } from "../http/callerResponse.js"
import * as requestScope from "../http/requestScope.js"
import * as guard from "../http/surroundings.js"
import {
  type Attempt,
  confirm,
  countResend,
  dropFrom,
  first,
  isReplayable,
  refusedAgain,
  release,
  type Trials
} from "./attempt.js"
import * as refusal from "./rejectedResponse.js"

/** @internal */
export interface Options<EA> {
  readonly tokens: Carrier<AccessToken, TokenError>
  /** None where only the access token is sent. `EA` is what the credentials in use can fail with. */
  readonly sessions: Carrier<SessionToken, EA> | undefined
  readonly settings: Settings
  readonly classify: (status: number, body: string) => Rejection
}

type Fiber = RuntimeFiber<unknown, unknown>

const nowIn = ({ currentDefaultServices }: Fiber): number => {
  const clock: Clock.Clock = currentDefaultServices.unsafeMap.get(Clock.Clock.key)
  return clock.unsafeCurrentTimeMillis()
}

type Response = HttpClientResponse.HttpClientResponse

/**
 * Sends requests with the current credentials, and once more with another where the platform refuses one of them.
 *
 * @internal
 */
export const make = <E, R, EA>(
  client: HttpClient.HttpClient.With<E, R>,
  options: Options<EA>
): HttpClient.HttpClient.With<E | HttpClientError.HttpClientError | TokenError | EA, R> => {
  type Failure = E | HttpClientError.HttpClientError | TokenError | EA
  type Outcome = Effect.Effect<Response, Failure, R>

  const { sessions, tokens } = options
  const resolve = address.make(options.settings)
  const send = (fiber: Fiber, attempt: Attempt, sentAt: number): Outcome => {
    const call = client.execute(carrying(attempt))
    return Effect.matchCauseEffect(guard.isGuarded(fiber) ? call : guard.guarded(call, guard.credentialHeaders), {
      onSuccess: (sent): Outcome => {
        const response = new CallerResponse(sent, attempt.to.request)
        return response.status < 400 ? accepted(attempt, response, sentAt) : answered(attempt, response, Effect.succeed)
      },
      onFailure: (cause) => Effect.catchAll(Effect.failCause(cause), (error) => failed(attempt, error))
    })
  }

  const failed = (attempt: Attempt, error: E): Outcome => {
    if (refusal.isRefusal(error)) {
      const response = new CallerResponse(error.response, attempt.to.request)
      return answered(attempt, response, (readable) => Effect.fail(withCallerResponse(error, readable)))
    }
    release(attempt.onTrial)
    return Effect.fail(withCallerRequest(error, attempt.to.request))
  }

  const carrying = ({ controller, session, to, token }: Attempt): HttpClientRequest.HttpClientRequest => {
    const request = HttpClientRequest.setHeader(to.request, "authorization", token.header)
    return requestScope.endWith(
      session === undefined ? request : HttpClientRequest.setHeader(request, to.sessionHeader, session.header),
      controller
    )
  }

  const accepted = (attempt: Attempt, response: Response, sentAt: number): Outcome => {
    release(attempt.onTrial)
    const rest = attempt.session === undefined ? undefined : sessions?.used(attempt.session, sentAt)
    return rest === undefined ? Effect.succeed(response) : Effect.as(rest, response)
  }

  const answered = (attempt: Attempt, response: Response, handOn: (response: Response) => Outcome): Outcome =>
    Effect.flatMap(refusal.read(response, options), (reading) => {
      const finish = Effect.suspend(() => handOn(reading.response))
      switch (reading.rejection) {
        case "AccessToken":
          return Effect.zipRight(refusedAgain(attempt.onTrial), renew(attempt, reading, "token", finish))
        case "SessionToken":
          return Effect.zipRight(refusedAgain(attempt.onTrial), renew(attempt, reading, "session", finish))
        case "Unknown":
          return Effect.zipRight(
            refusedAgain(attempt.onTrial),
            renew(attempt, reading, "token", renew(attempt, reading, "session", finish))
          )
        case "Permission":
        case "None":
          release(attempt.onTrial)
          return finish
      }
    })

  /** Replaces the credential that was refused and sends again, or goes on to what can be done `otherwise`. */
  const renew = (
    attempt: Attempt,
    reading: refusal.Reading,
    which: "token" | "session",
    otherwise: Outcome
  ): Outcome => {
    if (attempt.renewed.includes(which) || attempt[which] === undefined) return otherwise
    // A session is named dead with status 400; with 401 also a request is refused that no session would permit.
    const named = reading.rejection !== "Unknown" && (which === "token" || reading.response.status !== 401)
    const dropped = drop(attempt, which, named ? "named" : "unknown")
    if (!isReplayable(attempt.to.request)) return Effect.zipRight(dropped, otherwise)
    return Effect.flatMap(dropped, (trial) =>
      Effect.flatMap(
        Effect.tapError(
          Effect.onError(held, () => reading.discard),
          () => Effect.sync(() => release(trial))
        ),
        (next): Outcome => {
          if (next[which]?.secret === attempt[which]?.secret) return Effect.zipRight(confirm(trial), otherwise)
          const resend: Attempt = {
            ...attempt,
            ...next,
            renewed: [...attempt.renewed, which],
            onTrial: [...attempt.onTrial, ...trial]
          }
          return Effect.zipRight(Effect.zipRight(reading.discard, countResend(which)), sendNow(resend))
        }
      )
    )
  }

  /** Drops what was refused, unless it has been replaced; the brake that was put on comes back. */
  const drop = (attempt: Attempt, which: "token" | "session", kind: keyof Brakes): Effect.Effect<Trials> => {
    if (which === "token") return dropFrom(tokens, attempt.token, kind, attempt.to)
    return sessions === undefined || attempt.session === undefined
      ? Effect.succeed([])
      : dropFrom(sessions, attempt.session, kind, attempt.to)
  }

  /**
   * The session first: its login may find that the access token has to be renewed. Waiting for the token takes its time,
   * in which the session may be refused.
   */
  const held: Effect.Effect<Pick<Attempt, "token" | "session">, TokenError | EA> = sessions === undefined
    ? Effect.map(tokens.get, (token) => ({ token, session: undefined }))
    : Effect.flatMap(sessions.get, (session) =>
        Effect.flatMap(tokens.get, (token) => (sessions.mayHold(session) ? Effect.succeed({ token, session }) : held))
      )

  const sendNow = (attempt: Attempt): Outcome =>
    Effect.withFiberRuntime<Response, Failure, R>((fiber) => send(fiber, attempt, nowIn(fiber)))

  const execute = (request: HttpClientRequest.HttpClientRequest): Outcome =>
    Effect.withFiberRuntime<Response, Failure, R>((fiber) => {
      const to = resolve(request)
      if ("_tag" in to) return Effect.fail(to)
      const now = nowIn(fiber)
      const token = tokens.peek(now)
      const session = sessions?.peek(now)
      const controller = requestScope.controllerOf(request)
      return token !== undefined && (sessions === undefined || session !== undefined)
        ? send(fiber, first(to, token, session, controller), now)
        : Effect.flatMap(held, (next) => sendNow(first(to, next.token, next.session, controller)))
    })

  // `makeWith` has `execute` go through an effect for the request, which only operators on top of the client need.
  return Object.assign(HttpClient.makeWith<never, never, Failure, R>(Effect.flatMap(execute), Effect.succeed), {
    execute
  })
}
