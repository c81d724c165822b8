import { Console as NodeConsole } from "node:console"
import { Writable } from "node:stream"
import { inspect } from "node:util"
import * as NodeSdk from "@effect/opentelemetry/NodeSdk"
import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as HttpClient from "@effect/platform/HttpClient"
import {
  AggregationTemporality,
  InMemoryMetricExporter,
  PeriodicExportingMetricReader
} from "@opentelemetry/sdk-metrics"
import { InMemorySpanExporter, type ReadableSpan, SimpleSpanProcessor } from "@opentelemetry/sdk-trace-base"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Context from "effect/Context"
import * as DefaultServices from "effect/DefaultServices"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Metric from "effect/Metric"
import * as Tracer from "effect/Tracer"
import * as recorder from "../utils/recorder.js"
import * as rendering from "./rendering.js"

/** Notes a text that came out, and where. */
export type Note = (source: string, text: string) => void

const show = (value: unknown): string => inspect(value, { depth: 12, showHidden: true, maxArrayLength: null })

/** The terminal, as a `console` that shows objects as deep as a debugger does. */
const consoles = (note: Note): Layer.Layer<never> => {
  const terminal = (source: string) =>
    new Writable({
      write: (chunk, _encoding, done) => {
        note(source, String(chunk))
        done()
      }
    })
  const unsafe = new NodeConsole({
    stdout: terminal("console"),
    stderr: terminal("console"),
    inspectOptions: { depth: 12, showHidden: true }
  })
  return Console.setConsole({ ...Context.get(DefaultServices.liveServices, Console.Console), unsafe })
}

/** Every logger that Effect ships, on top of the default one, and one that prints whatever it is given in depth. */
const loggers = (note: Note): Layer.Layer<never> =>
  Layer.mergeAll(
    Logger.add(Logger.map(Logger.stringLogger, (text) => note("log string", text))),
    Logger.add(Logger.map(Logger.logfmtLogger, (text) => note("log logfmt", text))),
    Logger.add(Logger.map(Logger.jsonLogger, (text) => note("log json", text))),
    Logger.add(
      Logger.map(Logger.structuredLogger, (entry) => note("log structured", `${show(entry)} ${rendering.json(entry)}`))
    ),
    Logger.add(Logger.withLeveledConsole(Logger.structuredLogger)),
    Logger.add(Logger.prettyLogger({ mode: "tty", colors: true })),
    Logger.add(Logger.prettyLogger({ mode: "browser", colors: true })),
    Logger.add(
      Logger.make(({ annotations, cause, message, spans }) =>
        note("log in depth", show([message, annotations, spans, cause, Cause.pretty(cause)]))
      )
    ),
    Logger.minimumLogLevel(LogLevel.All)
  )

/** What an OpenTelemetry collector receives from Effect's own exporters. */
const collector = (note: Note) =>
  Layer.merge(
    OtlpSerialization.layerJson,
    Layer.succeed(
      HttpClient.HttpClient,
      recorder.make((request) => {
        const { body } = request
        const text = body._tag === "Uint8Array" ? new TextDecoder().decode(body.body) : show(body)
        note(`otlp ${new URL(request.url).pathname}`, text)
        return recorder.answering(200)(request)
      }).client
    )
  )

const base = "http://collector.test/v1"
const resource = { serviceName: "secrets" }
/** Everything is exported at the end: a clock that is moved by hours would wait for every export in between. */
const exportInterval = "365 days"

const otlp = (note: Note): Layer.Layer<never> =>
  Layer.merge(
    OtlpLogger.layer({ url: `${base}/logs`, resource, exportInterval }),
    OtlpMetrics.layer({ url: `${base}/metrics`, resource, exportInterval })
  ).pipe(Layer.provide(collector(note)))

const readable = (span: ReadableSpan): string =>
  show([span.name, span.kind, span.attributes, span.links, span.events, span.status, span.resource.attributes])

/** OpenTelemetry's own kit, exporting to memory, which it forgets when it is shut down. */
const sdk = (note: Note): Layer.Layer<never> => {
  const spans = new InMemorySpanExporter()
  const metrics = new InMemoryMetricExporter(AggregationTemporality.CUMULATIVE)
  const spanProcessor = new SimpleSpanProcessor(spans)
  const metricReader = new PeriodicExportingMetricReader({ exporter: metrics })
  const read = Effect.gen(function* () {
    yield* Effect.promise(() => Promise.all([spanProcessor.forceFlush(), metricReader.forceFlush()]))
    for (const span of spans.getFinishedSpans()) note("sdk span", readable(span))
    for (const all of metrics.getMetrics()) note("sdk metrics", show(all))
  })
  return Layer.scopedDiscard(Effect.addFinalizer(() => read)).pipe(
    Layer.provideMerge(NodeSdk.layer(() => ({ resource, spanProcessor, metricReader }))),
    Layer.discard
  )
}

/** What the tracer itself is told, exits included; that of a plain request is its response, as it was sent for. */
const told = (span: Tracer.Span): string => {
  const { attributes, links, name, status } = span
  const exit = status._tag === "Ended" && !name.startsWith("http.client") ? status.exit : Exit.void
  const linked = links.map((link) => [link.attributes, link.span._tag === "Span" ? link.span.attributes : undefined])
  return show([name, attributes, linked, status._tag, exit])
}

const recording = (note: Note): Layer.Layer<never> =>
  Layer.unwrapScoped(
    Effect.gen(function* () {
      const native = yield* Effect.tracer
      const spans: Array<Tracer.Span> = []
      const read = Effect.sync(() => {
        for (const span of spans) note("effect span", told(span))
      })
      yield* Effect.addFinalizer(() => read)
      return Layer.setTracer(
        Tracer.make({
          context: native.context,
          span: (...args) => {
            const span = native.span(...args)
            spans.push(span)
            return span
          }
        })
      )
    })
  )

const snapshot = (note: Note): Layer.Layer<never> => {
  const read = Effect.map(Metric.snapshot, (pairs) => {
    for (const pair of pairs) note("effect metric", show(pair))
  })
  return Layer.scopedDiscard(Effect.addFinalizer(() => read))
}

/** Which tracer a program runs with. */
export type Kit = "sdk" | "otlp"

/** All telemetry there is, at the most talkative level. */
export const layer = (note: Note, kit: Kit): Layer.Layer<never> => {
  const tracer =
    kit === "sdk"
      ? sdk(note)
      : OtlpTracer.layer({ url: `${base}/traces`, resource, exportInterval }).pipe(Layer.provide(collector(note)))
  return Layer.mergeAll(snapshot(note), recording(note)).pipe(
    Layer.provideMerge(Layer.mergeAll(tracer, otlp(note), loggers(note), consoles(note)))
  )
}

/** Where something must have come out before a search may say that nothing leaked. */
export const sources = (kit: Kit): ReadonlyArray<string> => [
  "console",
  "log string",
  "log logfmt",
  "log json",
  "log structured",
  "log in depth",
  "otlp /v1/logs",
  "otlp /v1/metrics",
  "effect span",
  "effect metric",
  ...(kit === "sdk" ? ["sdk span", "sdk metrics"] : ["otlp /v1/traces"])
]
