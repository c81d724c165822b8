import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { AccessToken } from "../../AccessToken.js"
import type { SessionToken } from "../../SessionToken.js"
import type { Brakes, Carrier, Carried as Held } from "../credential/carrier.js"
import type * as address from "../http/allowedOrigins.js"
import { apiOf, type Brake } from "./renewalBackoff.js"

/** @internal */
export type Trials = ReadonlyArray<{ readonly brake: Brake; readonly api: string }>

/**
 * One sending of a request, and what has been done for the call before it.
 *
 * @internal
 */
export interface Attempt {
  readonly to: address.Addressed
  readonly token: Held<AccessToken>
  readonly session: Held<SessionToken> | undefined
  readonly renewed: ReadonlyArray<"token" | "session">
  /** What ends the call when the scope closes that the program has bound it to. */
  readonly controller: AbortController | undefined
  /** The brakes that this call has put on, to be taken off where it succeeds. */
  readonly onTrial: Trials
}

const none: ReadonlyArray<never> = []

/** @internal */
export const first = (
  to: address.Addressed,
  token: Held<AccessToken>,
  session: Held<SessionToken> | undefined,
  controller: AbortController | undefined
): Attempt => ({ to, token, session, renewed: none, controller, onTrial: none })

const resends = Metric.counter("thingspace.auth.resends", {
  description: "Calls to ThingSpace sent again with a renewed credential, by credential",
  incremental: true
})

/** @internal */
export const countResend = (which: "token" | "session"): Effect.Effect<void> =>
  Metric.increment(Metric.tagged(resends, "thingspace.credential", which))

/**
 * Whether the body can be sent a second time: a stream may have been used up by the first, which nothing shows.
 *
 * @internal
 */
export const isReplayable = ({ body }: HttpClientRequest.HttpClientRequest): boolean =>
  body._tag !== "Stream" && (body._tag !== "Raw" || typeof body.body === "string")

/**
 * Drops a credential that was refused, where that is worth while: an API that refuses whatever is sent is braked. Where
 * another is held by now nothing is dropped, and where another is under way its source learns what it must not be.
 *
 * @internal
 */
export const dropFrom = <T, E>(
  carrier: Carrier<T, E>,
  refused: Held<T>,
  kind: keyof Brakes,
  to: address.Addressed
): Effect.Effect<Trials> =>
  Effect.clockWith((clock): Effect.Effect<Trials> => {
    const brake = carrier.brakes[kind]
    const api = apiOf(to.request.url)
    if (!carrier.mayHold(refused)) return Effect.as(carrier.invalidate(refused.token), none)
    return brake.mayDrop(api, clock.unsafeCurrentTimeMillis())
      ? Effect.as(carrier.invalidate(refused.token), [{ brake, api }])
      : Effect.succeed(none)
  })

const judge =
  (verdict: "confirm" | "refusedAgain") =>
  (trials: Trials): Effect.Effect<void> =>
    Effect.clockWith((clock) =>
      Effect.sync(() => {
        for (const { api, brake } of trials) brake[verdict](api, clock.unsafeCurrentTimeMillis())
      })
    )

/** @internal */
export const confirm = judge("confirm")

/** @internal */
export const refusedAgain = judge("refusedAgain")

/** @internal */
export const release = (trials: Trials): void => {
  for (const { api, brake } of trials) brake.release(api)
}
