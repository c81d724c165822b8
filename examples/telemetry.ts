/**
 * Exports the spans and metrics of the library with `@effect/opentelemetry`, and shows one healed call as a trace.
 *
 *     npm run example -- telemetry
 *
 * A stand-in for a collector receives them, OTLP over HTTP; a real one needs another URL. A login or a token request
 * serves every call that waits for it, so it is a trace of its own, linked (`╌`) to the span of the call that began it.
 */

import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
import { Collector, layer as collector } from "./internal/collector.js"
import { draw } from "./internal/traceTree.js"

const { account } = ThingSpaceEmulator.defaults

const readAccount = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
  client.get(`/api/m2m/v1/accounts/${account}`)
)

/** The second call finds that somebody has revoked the access token and ended the session. */
const program = Effect.gen(function* () {
  const { endSessions, revokeAll } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  yield* Effect.withSpan(readAccount, "first call")
  yield* Effect.zipRight(endSessions, revokeAll)
  const { status } = yield* Effect.withSpan(readAccount, "healed call")
  yield* Console.log(`The call was answered with status ${status}:\n`)
})

const ThingSpace = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  // NodeHttpClient.layerUndici in production.
  Layer.provideMerge(ThingSpaceEmulator.layer({ requestLatency: "5 millis", responseLatency: "5 millis" }))
)

const Telemetry = Layer.unwrapEffect(
  Effect.map(Collector, ({ url }) => {
    const resource = { serviceName: "device-report" }
    return Layer.merge(
      OtlpTracer.layer({ url: `${url}/v1/traces`, resource }),
      OtlpMetrics.layer({ url: `${url}/v1/metrics`, resource })
    )
  })
).pipe(Layer.provide([OtlpSerialization.layerJson, FetchHttpClient.layer]))

const report = Effect.gen(function* () {
  const { metrics, spans } = yield* Collector
  const all = yield* spans
  for (const span of all) if (span.name === "healed call") yield* Console.log(draw(span, all))

  yield* Console.log("\nWhat was counted:\n")
  const lines = (yield* metrics).flatMap(({ gauge, name, sum }) =>
    ((sum ?? gauge)?.dataPoints ?? []).map(({ asDouble, attributes }) => {
      const by = Object.entries(attributes).map(([key, value]) => ` ${key}=${value}`)
      return `${name} ${asDouble} ${by.sort().join("")}`.trimEnd()
    })
  )
  for (const line of lines.sort()) if (line.startsWith("thingspace.")) yield* Console.log(line)
})

// Beneath everything that it shall see; it is flushed when it ends, before the report.
const observed = Effect.provide(program, Layer.provideMerge(ThingSpace, Telemetry))

await Effect.zipRight(observed, report).pipe(
  Effect.provide([collector, Logger.remove(Logger.defaultLogger)]),
  Effect.runPromise
)
