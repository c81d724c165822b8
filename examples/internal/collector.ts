/**
 * Stands in for an OpenTelemetry collector: receives OTLP over HTTP on a free port and keeps what it was sent.
 */
import { createServer } from "node:http"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

const Attribute = Schema.Struct({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})

const Attributes = Schema.transform(
  Schema.Array(Attribute),
  Schema.typeSchema(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  {
    strict: true,
    decode: (all) => Object.fromEntries(all.map(({ key, value }) => [key, Object.values(value)[0]])),
    encode: () => []
  }
)

const Span = Schema.Struct({
  spanId: Schema.String,
  traceId: Schema.String,
  parentSpanId: Schema.optional(Schema.String),
  name: Schema.String,
  startTimeUnixNano: Schema.BigInt,
  endTimeUnixNano: Schema.BigInt,
  attributes: Attributes,
  links: Schema.Array(Schema.Struct({ spanId: Schema.String }))
})

export type Span = typeof Span.Type

const Traces = Schema.Struct({
  resourceSpans: Schema.Array(Schema.Struct({ scopeSpans: Schema.Array(Schema.Struct({ spans: Schema.Array(Span) })) }))
})

const Points = Schema.Struct({
  dataPoints: Schema.Array(Schema.Struct({ attributes: Attributes, asDouble: Schema.optional(Schema.Number) }))
})

const Measured = Schema.Struct({
  name: Schema.String,
  sum: Schema.optional(Points),
  gauge: Schema.optional(Points)
})

export type Measured = typeof Measured.Type

const Metrics = Schema.Struct({
  resourceMetrics: Schema.Array(
    Schema.Struct({ scopeMetrics: Schema.Array(Schema.Struct({ metrics: Schema.Array(Measured) })) })
  )
})

export interface Service {
  readonly url: string
  readonly spans: Effect.Effect<ReadonlyArray<Span>>
  /** As last reported: counters go on counting. */
  readonly metrics: Effect.Effect<ReadonlyArray<Measured>>
}

export class Collector extends Context.Tag("Collector")<Collector, Service>() {}

const server = NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 })

export const layer: Layer.Layer<Collector> = Layer.scoped(
  Collector,
  Effect.gen(function* () {
    const spans = yield* Ref.make<ReadonlyArray<Span>>([])
    const metrics = yield* Ref.make<ReadonlyArray<Measured>>([])
    const router = HttpRouter.empty.pipe(
      HttpRouter.post(
        "/v1/traces",
        HttpServerRequest.schemaBodyJson(Traces).pipe(
          Effect.flatMap(({ resourceSpans }) =>
            Ref.update(spans, (all) => [
              ...all,
              ...resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans))
            ])
          ),
          Effect.as(HttpServerResponse.unsafeJson({}))
        )
      ),
      HttpRouter.post(
        "/v1/metrics",
        HttpServerRequest.schemaBodyJson(Metrics).pipe(
          Effect.flatMap(({ resourceMetrics }) =>
            Ref.set(
              metrics,
              resourceMetrics.flatMap(({ scopeMetrics }) => scopeMetrics.flatMap((scope) => scope.metrics))
            )
          ),
          Effect.as(HttpServerResponse.unsafeJson({}))
        )
      )
    )
    yield* HttpServer.serveEffect(Effect.withTracerEnabled(router, false))
    const url = yield* HttpServer.addressFormattedWith(Effect.succeed)
    return { url, spans: Ref.get(spans), metrics: Ref.get(metrics) }
  })
).pipe(Layer.provide(server), Layer.orDie)
