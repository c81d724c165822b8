import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import { monotonicMillis } from "../endpoint/pause.js"
import type { Addressed } from "../http/allowedOrigins.js"
import type { Reading } from "./rejectedResponse.js"
import * as backoff from "./renewalBackoff.js"
import type { AnyStage, Carried } from "./stage.js"

/**
 * One sending of a request, and which credentials have been replaced for the call before it.
 *
 * @internal
 */
export interface Attempt {
  readonly to: Addressed
  readonly carried: ReadonlyArray<Carried>
  readonly renewed: ReadonlyArray<Renewed>
}

/**
 * A credential that was replaced for a call, and the API whose refusal asked for it.
 *
 * @internal
 */
export interface Renewed {
  readonly stage: AnyStage
  readonly api: backoff.Api
}

const resends = Metric.counter("thingspace.auth.resends", {
  description: "Calls to ThingSpace sent again with a renewed credential, by credential",
  incremental: true
})

const countResend = ({ tag }: AnyStage): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(resends, "thingspace.credential", tag))

/** Whether the body can be sent a second time: a stream may have been used up by the first, which nothing shows. */
const isReplayable = ({ body }: HttpClientRequest.HttpClientRequest): boolean =>
  body._tag !== "Stream" && (body._tag !== "Raw" || typeof body.body === "string")

/**
 * What a refused attempt leads to: each credential that the refusal names, or may mean, is replaced at most once, and the
 * request sent again. `acquire` brings the credentials of the next attempt, `finish` hands the refusal on.
 *
 * @internal
 */
export const renewing =
  <E, R>(acquire: Effect.Effect<ReadonlyArray<Carried>, E, R>, resend: (attempt: Attempt) => Outcome<E, R>) =>
  (attempt: Attempt, { discard, rejection, response }: Reading, finish: Outcome<E, R>): Outcome<E, R> => {
    const { carried, renewed, to } = attempt
    const refused = carried.filter(({ stage }) => rejection === "Unknown" || rejection === stage.rejection)

    /** A session is named dead with status 400; with 401 also a request is refused that no session would permit. */
    const names = ({ rejection: kind }: AnyStage): boolean =>
      rejection !== "Unknown" && (kind === "AccessToken" || response.status !== 401)

    const judge = Effect.map(monotonicMillis, (now) => {
      for (const { api, stage } of renewed) {
        if (refused.some((one) => one.stage === stage)) stage.backoff.refusedAgain(api, now, names(stage))
        else stage.backoff.healed(api)
      }
    })

    const renew = ([one, ...others]: ReadonlyArray<Carried>): Outcome<E, R> => {
      if (one === undefined) return finish
      const otherwise = Effect.suspend(() => renew(others))
      const { stage } = one
      if (renewed.some((before) => before.stage === stage)) return otherwise
      const api = backoff.apiOf(to.request.url, names(stage))
      let trial: backoff.Trial | undefined

      /** If another has taken its place nothing is dropped; a source that is acquiring learns what it must not bring. */
      const drop = Effect.flatMap(monotonicMillis, (now) => {
        if (!one.isCurrent()) return one.invalidate
        trial = stage.backoff.begin(api, one.value(), now)
        return trial === undefined ? Effect.void : one.invalidate
      })
      const replaced = (next: ReadonlyArray<Carried>): Outcome<E, R> => {
        if (next.find((other) => other.stage === stage)?.value() !== one.value()) {
          const again = { to, carried: next, renewed: [...renewed, { stage, api }] }
          return Effect.zipRight(Effect.zipRight(discard, countResend(stage)), resend(again))
        }
        const unhealed = Effect.map(monotonicMillis, (now) => stage.backoff.broughtBack(api, one.value(), now))
        return Effect.zipRight(unhealed, otherwise)
      }
      const again = Effect.flatMap(
        Effect.onError(acquire, () => discard),
        replaced
      )
      return Effect.onExit(Effect.zipRight(drop, isReplayable(to.request) ? again : otherwise), () =>
        Effect.sync(() => {
          if (trial !== undefined) stage.backoff.leave(api, trial)
        })
      )
    }

    return Effect.zipRight(judge, renew(refused))
  }

type Outcome<E, R> = Effect.Effect<HttpClientResponse.HttpClientResponse, E, R>
