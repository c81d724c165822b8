import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { AccessToken } from "../AccessToken.js"
import type { TokenError } from "../AuthError.js"
import type { Rejection } from "../Rejection.js"
import type { SessionToken } from "../SessionToken.js"
import type { Settings } from "../ThingSpaceConfig.js"
import * as address from "./address.js"
import { type Attempt, countResend, drop as dropFrom, first, isReplayable } from "./attempt.js"
import type { Carrier } from "./carrier.js"
import * as guard from "./guard.js"
import { OutwardResponse, outwardError, outwardFailure } from "./outwardResponse.js"
import * as probation from "./probation.js"
import * as refusal from "./refusal.js"

/** @internal */
export interface Options<EA> {
  readonly tokens: Carrier<AccessToken, TokenError>
  /** None where only the access token is sent. `EA` is what the credentials in use can fail with. */
  readonly sessions: Carrier<SessionToken, EA> | undefined
  readonly settings: Settings
  readonly classify: (status: number, body: string) => Rejection
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
  const trials = {
    AccessToken: probation.make(),
    SessionToken: probation.make(),
    UnknownToken: probation.make(),
    UnknownSession: probation.make(),
    OneShotToken: probation.make(),
    OneShotSession: probation.make()
  }

  const send = (attempt: Attempt, sentAt: number): Outcome =>
    Effect.matchEffect(exchange(attempt), {
      onSuccess: (sent): Outcome => {
        const response = new OutwardResponse(sent, attempt.to.request)
        return response.status < 400 ? accepted(attempt, response, sentAt) : answered(attempt, response, Effect.succeed)
      },
      onFailure: (error): Outcome =>
        refusal.isRefusal(error)
          ? answered(attempt, new OutwardResponse(error.response, attempt.to.request), (response) =>
              Effect.fail(outwardError(error, response))
            )
          : Effect.fail(outwardFailure(error, attempt.to.request))
    })

  const exchange = (attempt: Attempt) => {
    const sent = guard.guarded(client.execute(carrying(attempt)), guard.credentialHeaders)
    // Where no answer comes, or nobody is left to hear it, there is no verdict.
    return attempt.onTrial.length === 0
      ? sent
      : Effect.onError(sent, (cause) =>
          Effect.sync(() => {
            if (cause._tag !== "Fail" || !refusal.isRefusal(cause.error)) endTrials(attempt)
          })
        )
  }

  const carrying = ({ session, to, token }: Attempt): HttpClientRequest.HttpClientRequest => {
    const request = HttpClientRequest.setHeader(to.request, "authorization", token.header)
    return session === undefined ? request : HttpClientRequest.setHeader(request, to.sessionHeader, session.header)
  }

  const accepted = (attempt: Attempt, response: Response, sentAt: number): Outcome => {
    endTrials(attempt)
    const rest = attempt.session === undefined ? undefined : sessions?.used(attempt.session, sentAt)
    return rest === undefined ? Effect.succeed(response) : Effect.as(rest, response)
  }

  const endTrials = ({ onTrial }: Attempt): void => {
    for (const trial of onTrial) trial.end()
  }

  const answered = (attempt: Attempt, response: Response, handOn: (response: Response) => Outcome): Outcome =>
    Effect.flatMap(refusal.read(response, options), (reading) => {
      const finish = Effect.suspend(() => handOn(reading.response))
      switch (reading.rejection) {
        case "AccessToken":
          return renew(attempt, reading, "token", trials.AccessToken, finish)
        case "SessionToken":
          return renew(attempt, reading, "session", trials.SessionToken, finish)
        case "Unknown": {
          const lastly = renew(attempt, reading, "session", trials.UnknownSession, finish)
          return renew(attempt, reading, "token", trials.UnknownToken, lastly)
        }
        case "Permission":
        case "None":
          endTrials(attempt)
          return finish
      }
    })

  /** Replaces the credential that was refused and sends again, or goes on to what can be done `otherwise`. */
  const renew = (
    attempt: Attempt,
    reading: refusal.Reading,
    which: "token" | "session",
    trial: probation.Probation,
    otherwise: Outcome
  ): Outcome => {
    if (attempt.renewed.includes(which) || attempt[which] === undefined) return otherwise
    if (!isReplayable(attempt.to.request)) {
      // Nothing is sent again that could end a trial, so these have their own.
      const oneShot = which === "token" ? trials.OneShotToken : trials.OneShotSession
      return Effect.zipRight(drop(attempt, which, oneShot), otherwise)
    }
    const renewed = Effect.onError(Effect.zipRight(drop(attempt, which, trial), held), () =>
      Effect.zipRight(Effect.sync(trial.end), reading.discard)
    )
    return Effect.flatMap(renewed, (next): Outcome => {
      if (next[which]?.secret === attempt[which]?.secret) return otherwise
      const resend: Attempt = {
        ...attempt,
        ...next,
        renewed: [...attempt.renewed, which],
        onTrial: [...attempt.onTrial, trial]
      }
      return Effect.zipRight(Effect.zipRight(reading.discard, countResend(which)), sendNow(resend))
    })
  }

  const drop = (attempt: Attempt, which: "token" | "session", trial: probation.Probation): Effect.Effect<void> => {
    if (which === "token") return dropFrom(tokens, attempt.token, trial)
    return sessions === undefined || attempt.session === undefined
      ? Effect.void
      : dropFrom(sessions, attempt.session, trial)
  }

  /** The session first: its login may find that the access token has to be renewed. */
  const held: Effect.Effect<Pick<Attempt, "token" | "session">, TokenError | EA> = sessions === undefined
    ? Effect.map(tokens.get, (token) => ({ token, session: undefined }))
    : Effect.flatMap(sessions.get, (session) => Effect.map(tokens.get, (token) => ({ token, session })))

  const sendNow = (attempt: Attempt): Outcome =>
    Effect.clockWith((clock) => send(attempt, clock.unsafeCurrentTimeMillis()))

  return HttpClient.makeWith<never, never, Failure, R>(
    Effect.flatMap((request) =>
      Effect.clockWith((clock) => {
        const to = resolve(request)
        if (Either.isLeft(to)) return Effect.fail(to.left)
        const now = clock.unsafeCurrentTimeMillis()
        const token = tokens.peek(now)
        const session = sessions?.peek(now)
        return token !== undefined && (sessions === undefined || session !== undefined)
          ? send(first(to.right, token, session), now)
          : Effect.flatMap(held, (next) => sendNow(first(to.right, next.token, next.session)))
      })
    ),
    Effect.succeed
  )
}
