import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Metric from "effect/Metric"
import * as MetricBoundaries from "effect/MetricBoundaries"

const acquired = Metric.gauge("thingspace.credential.acquired", {
  description: "When this process acquired a credential last, in seconds since 1970"
})

/**
 * Notes that an acquisition has succeeded.
 *
 * @internal
 */
export const noteAcquired = (credential: "token" | "session"): Effect.Effect<void> => {
  const gauge = Metric.tagged(acquired, "thingspace.credential", credential)
  return Effect.flatMap(Clock.currentTimeMillis, (now) => Metric.set(gauge, now / 1000))
}

const loginDuration = Metric.histogram(
  "thingspace.login.duration",
  MetricBoundaries.fromIterable([0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30]),
  "How long the logins took that succeeded, in seconds"
)

/** @internal */
export const timingLogin = Metric.trackDurationWith(loginDuration, Duration.toSeconds)
