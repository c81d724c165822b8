/** The harness would find a secret in every log, trace, metric, error and object. */
import { assert, describe, it } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Metric from "effect/Metric"
import * as Redacted from "effect/Redacted"
import * as harness from "./harness.js"
import type { Kit } from "./telemetry.js"

const secret = "S3cr3t+Zq7\"Lw8&x2/Vn9\\<Rt4>%Hb6'é=Jc1 Gv5ö€"

class Held extends Data.TaggedError("Held")<{ readonly inside: unknown }> {}

class Spoken extends Data.TaggedError("Spoken")<{ readonly message: string }> {}

const deep = (value: unknown, levels: number): unknown =>
  levels === 0 ? value : { [`level${levels}`]: deep(value, levels - 1) }

/** In which outputs the secret is found where a program lets it out in this way. */
const leak = (program: Effect.Effect<unknown, unknown, harness.Watch>, kit?: Kit, planted = secret) =>
  harness
    .watch(
      Effect.zipRight(
        Effect.map(harness.Watch, ({ mark }) => mark([{ name: "planted", secret: planted }])),
        program
      ),
      kit
    )
    .pipe(Effect.map(({ findings }) => [...new Set(findings.map(({ source }) => source))]))

const logged = ["console", "log string", "log logfmt", "log json", "log structured", "log in depth", "otlp /v1/logs"]

const hidden = Object.defineProperty({}, "hidden", { value: secret, enumerable: false })

const logs: Readonly<Record<string, Effect.Effect<void>>> = {
  "a message": Effect.logTrace(secret),
  "an object in a message": Effect.logDebug("text", { field: deep(secret, 3) }),
  "an annotation": Effect.logInfo("text").pipe(Effect.annotateLogs("field", secret)),
  "a cause": Effect.logError("text", Cause.die(new Error(`failed with ${secret}`))),
  "the cause of an error in a cause": Effect.logError(
    "text",
    Cause.fail(new Error("failed", { cause: new Error(secret) }))
  )
}

const traces: Readonly<Record<string, Effect.Effect<unknown, unknown>>> = {
  "a name": Effect.withSpan(Effect.void, `GET /${secret}`),
  "an attribute": Effect.withSpan(Effect.void, "span", { attributes: { field: secret } }),
  "the name of an attribute": Effect.withSpan(Effect.void, "span", { attributes: { [secret]: true } }),
  "an attribute that was added later": Effect.withSpan(Effect.annotateCurrentSpan("field", [secret]), "span"),
  "the attribute of a link": Effect.withSpan(
    Effect.flatMap(Effect.currentSpan, (span) =>
      Effect.withSpan(Effect.void, "linked", { links: [{ _tag: "SpanLink", span, attributes: { field: secret } }] })
    ),
    "span"
  ),
  "an exception": Effect.withSpan(Effect.fail(new Spoken({ message: secret })), "span"),
  "an exception's cause": Effect.withSpan(Effect.die(new Error("failed", { cause: new Error(secret) })), "span")
}

const errors: Readonly<Record<string, unknown>> = {
  "its message": new Error(secret),
  "its stack": Object.assign(new Error("failed"), { stack: `Error: failed\n    at ${secret}` }),
  "its cause": new Error("failed", { cause: new Error("failed", { cause: secret }) }),
  "one of its errors": new AggregateError([new Error(secret)], "several"),
  "a property": new Held({ inside: { request: { headers: { authorization: `Basic ${btoa("a:")}`, token: secret } } } }),
  "a hidden property": new Held({ inside: hidden }),
  "a map": new Held({ inside: new Map([["token", secret]]) }),
  "bytes as text": new Held({ inside: new TextDecoder().decode(new TextEncoder().encode(secret)) })
}

const objects: Readonly<Record<string, unknown>> = {
  "a nested object": deep(secret, 10),
  "a hidden property": { hidden },
  "a symbol's property": { [Symbol("token")]: secret },
  "the name of a property": { [secret]: 1 },
  "an array": [[[secret]]],
  "a set": new Set([secret]),
  "an Either": Either.right({ secret }),
  "an effect": Effect.succeed({ secret }),
  "an object that prints itself otherwise": { token: secret, toJSON: () => "hidden" }
}

describe("the harness", () => {
  it.effect.each(Object.entries(logs))("finds a secret that is logged in %s, in every log", ([, program]) =>
    Effect.map(leak(program), (found) => assert.includeMembers(found, logged))
  )

  it.effect.each(Object.entries(traces))("finds one that is traced in %s, in OpenTelemetry's export", ([, program]) =>
    Effect.map(leak(Effect.ignore(program)), (found) => assert.include(found, "sdk span"))
  )

  it.effect.each(Object.entries(traces))("finds one that is traced in %s, in Effect's export", ([, program]) =>
    Effect.map(leak(Effect.ignore(program), "otlp"), (found) => assert.include(found, "otlp /v1/traces"))
  )

  it.effect("finds one in a span's event", () =>
    Effect.map(leak(Effect.withSpan(Effect.logInfo(secret), "span")), (found) => assert.include(found, "sdk span"))
  )

  it.effect("finds one in a metric's tag", () => {
    // Metrics outlive a test, so this secret is its alone.
    const other = "M3tr1c-Zq7-Lw8-Vn9"
    const program = Metric.increment(Metric.tagged(Metric.counter("planted"), "field", other))
    return Effect.map(leak(program, "sdk", other), (found) =>
      assert.sameMembers(found, ["sdk metrics", "effect metric", "otlp /v1/metrics"])
    )
  })

  it.effect("finds one on the terminal", () =>
    Effect.map(leak(Console.consoleWith(({ unsafe }) => Effect.sync(() => unsafe.error("%s", secret)))), (found) =>
      assert.deepStrictEqual(found, ["console"])
    )
  )

  it.effect.each(Object.entries(errors))("finds one in an error, in %s", ([, error]) =>
    Effect.map(leak(harness.fails("call", Effect.fail(error))), (found) => assert.include(found, "call"))
  )

  it.effect.each(Object.entries(errors))("finds one in a defect, in %s", ([, error]) =>
    Effect.map(leak(Effect.die(error)), (found) => assert.include(found, "exit"))
  )

  it.effect.each(Object.entries(objects))("finds one in an object, in %s", ([, object]) =>
    Effect.map(leak(harness.holds("object", object)), (found) => assert.include(found, "object"))
  )

  it.effect("finds none in what is redacted", () =>
    Effect.map(
      leak(
        Effect.zipRight(
          harness.holds("object", { secret: Redacted.make(secret) }),
          harness.fails("call", Effect.fail(new Held({ inside: Redacted.make(secret) })))
        )
      ),
      (found) => assert.isEmpty(found)
    )
  )

  it.effect("does not let a program pass that ends early", () =>
    Effect.map(Effect.exit(harness.showsNothing(Effect.fail("early"))), (exit) =>
      assert.strictEqual(exit._tag, "Failure")
    )
  )

  it.effect("does not let a program pass that marks nothing", () =>
    Effect.map(Effect.exit(harness.showsNothing(Effect.void)), (exit) => assert.strictEqual(exit._tag, "Failure"))
  )
})
