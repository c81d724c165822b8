import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import type { AccessToken } from "../AccessToken.js"
import type { SessionToken } from "../SessionToken.js"
import type * as address from "./address.js"
import type { Carrier } from "./carrier.js"
import type { Probation } from "./probation.js"
import type { Held } from "./renewable.js"

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
  readonly onTrial: ReadonlyArray<Probation>
}

const none: ReadonlyArray<never> = []

/** @internal */
export const first = (
  to: address.Addressed,
  token: Held<AccessToken>,
  session: Held<SessionToken> | undefined
): Attempt => ({ to, token, session, renewed: none, onTrial: none })

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
 * Drops a credential that was refused; a refusal of what is not held any more is no reason to drop what is.
 *
 * @internal
 */
export const drop = <T, E>(carrier: Carrier<T, E>, refused: Held<T>, trial: Probation): Effect.Effect<void> =>
  Effect.clockWith((clock) =>
    carrier.mayHold(refused) && trial.mayDrop(clock.unsafeCurrentTimeMillis())
      ? carrier.invalidate(refused.token)
      : Effect.void
  )
