/**
 * Proves that the emulated platform asks nothing of a test: it never fails, and what it shows is read-only and typed.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Queue from "effect/Queue"
import type * as Scope from "effect/Scope"
import { ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
import { describe, expect, test } from "tstyche"

class Needed extends Context.Tag("Needed")<Needed, number>() {}

declare const emulator: ThingSpaceEmulator.Service
declare const exchange: ThingSpaceEmulator.Exchange

const {
  after,
  answer,
  delayed,
  errorInSuccess,
  hang,
  laggingNode,
  lostRequest,
  lostResponse,
  throttled,
  truncated,
  webPage
} = ThingSpaceEmulator

describe("the service", () => {
  test("shows what the platform has received and knows, without failing", () => {
    expect(emulator.exchanges).type.toBe<Effect.Effect<ReadonlyArray<ThingSpaceEmulator.Exchange>>>()
    expect(emulator.currentToken).type.toBe<Effect.Effect<Option.Option<string>>>()
    expect(emulator.liveSessions).type.toBe<Effect.Effect<ReadonlyArray<string>>>()
    expect(emulator.lockedUsers).type.toBe<Effect.Effect<ReadonlyArray<string>>>()
    expect(emulator.pending).type.toBe<Effect.Effect<ReadonlyArray<ThingSpaceEmulator.PendingRequest>>>()
    expect(emulator.devices).type.toBe<Effect.Effect<ReadonlyArray<ThingSpaceEmulator.Device>>>()
  })

  test("does what it is told, without failing", () => {
    expect(emulator.revokeAll).type.toBe<Effect.Effect<void>>()
    expect(emulator.endSessions).type.toBe<Effect.Effect<void>>()
    expect(emulator.clearExchanges).type.toBe<Effect.Effect<void>>()
    expect(emulator.clearFaults).type.toBe<Effect.Effect<void>>()
    expect(emulator.failNext(hang)).type.toBe<Effect.Effect<void>>()
    expect(emulator.changePassword("user", "password")).type.toBe<Effect.Effect<void>>()
  })

  test("hands over what comes for as long as a scope is open", () => {
    expect(emulator.subscribe).type.toBe<
      Effect.Effect<Queue.Dequeue<ThingSpaceEmulator.Exchange>, never, Scope.Scope>
    >()
  })
})

describe("failNext", () => {
  test("takes each fault, and nothing else", () => {
    expect(emulator.failNext).type.toBeCallableWith(answer(503))
    expect(emulator.failNext).type.toBeCallableWith(hang)
    expect(emulator.failNext).type.toBeCallableWith(lostRequest)
    expect(emulator.failNext).type.toBeCallableWith(lostResponse)
    expect(emulator.failNext).type.toBeCallableWith(truncated)
    expect(emulator.failNext).type.toBeCallableWith(after(answer(503)))
    expect(emulator.failNext).type.toBeCallableWith(delayed("15 seconds", after(hang)))
    expect(emulator.failNext).type.toBeCallableWith(throttled({ status: 503, retryAfter: "5 seconds" }))
    expect(emulator.failNext).type.toBeCallableWith(webPage(502))
    expect(emulator.failNext).type.toBeCallableWith(errorInSuccess({ error: "server_error" }))
    expect(emulator.failNext).type.toBeCallableWith(laggingNode("3 seconds"))
    expect<ThingSpaceEmulator.Fault["_tag"]>().type.toBe<
      | "Answer"
      | "Hang"
      | "LostRequest"
      | "LostResponse"
      | "Truncated"
      | "After"
      | "Delayed"
      | "ErrorInSuccess"
      | "LaggingNode"
    >()
    expect(throttled).type.not.toBeCallableWith({ status: 500 })
    expect(emulator.failNext).type.not.toBeCallableWith(503)
    expect(emulator.failNext).type.not.toBeCallableWith(answer)
    expect(emulator.failNext).type.not.toBeCallableWith({ _tag: "Explode" })
  })

  test("takes a method, a path, a body, a number of times and a time", () => {
    expect(emulator.failNext).type.toBeCallableWith(hang, { method: "POST", path: "/api", body: "page 2" })
    expect(emulator.failNext).type.toBeCallableWith(hang, {
      method: (method: string) => method !== "GET",
      path: (path: string) => path.endsWith("/list"),
      body: (body: string) => body.includes("1002"),
      lasts: "10 seconds"
    })
    expect(emulator.failNext).type.toBeCallableWith(hang, { path: "/api", times: Number.POSITIVE_INFINITY })
    expect(emulator.failNext).type.not.toBeCallableWith(hang, { path: /api/ })
    expect(emulator.failNext).type.not.toBeCallableWith(hang, { time: 2 })
    expect(emulator.failNext).type.not.toBeCallableWith(hang, 2)
  })
})

describe("layerFor", () => {
  const { layerFor } = ThingSpaceEmulator
  type Emulator = ThingSpaceEmulator.ThingSpaceEmulator
  const pipeline = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials)

  test("provides the pipeline and the emulator, and no plain HttpClient", () => {
    expect(layerFor(pipeline)).type.toBe<
      Layer.Layer<Layer.Layer.Success<typeof pipeline> | Emulator, Layer.Layer.Error<typeof pipeline>>
    >()
  })

  test("leaves what else the pipeline needs", () => {
    const needy = Layer.merge(pipeline, Layer.effect(Needed, Needed))
    expect(layerFor(needy)).type.toBeAssignableTo<Layer.Layer<Emulator, unknown, Needed>>()
    expect(layerFor(needy)).type.not.toBeAssignableTo<Layer.Layer<Emulator, unknown>>()
  })

  test("refuses a pipeline that has its HttpClient already", () => {
    expect(layerFor).type.not.toBeCallableWith(Layer.provide(pipeline, FetchHttpClient.layer))
  })
})

describe("an exchange", () => {
  test("stays what it is when it is masked", () => {
    expect(ThingSpaceEmulator.masked(exchange)).type.toBe<ThingSpaceEmulator.Exchange>()
  })

  test("has no status where the platform decided on none", () => {
    expect(exchange.status).type.toBe<number | undefined>()
    expect(exchange.fault).type.toBe<ThingSpaceEmulator.Fault["_tag"] | undefined>()
  })

  test("may lack a header", () => {
    expect(exchange.headers["vz-m2m-token"]).type.toBe<string | undefined>()
  })
})

describe("the options", () => {
  test("may all be left out, and are refused where they are unknown", () => {
    expect(ThingSpaceEmulator.layer).type.toBeCallableWith()
    expect(ThingSpaceEmulator.layer).type.toBeCallableWith({ tokenLifetime: "5 seconds", singleSession: true })
    expect(ThingSpaceEmulator.layer).type.not.toBeCallableWith({ tokenLifeTime: "5 seconds" })
    expect(ThingSpaceEmulator.layer).type.not.toBeCallableWith({ control: true })
    expect(ThingSpaceEmulator.serve).type.toBeCallableWith({ control: true, hosts: ["emulator"] })
    expect(ThingSpaceEmulator.serve).type.not.toBeCallableWith({ sessionIdle: "a while" })
  })

  test("give a latency once for all, or for each request", () => {
    expect(ThingSpaceEmulator.serve).type.toBeCallableWith({ requestLatency: "5 millis" })
    expect(ThingSpaceEmulator.serve).type.toBeCallableWith({
      responseLatency: (n: number, path: string) => (path === "/" ? n : "1 second")
    })
    expect(ThingSpaceEmulator.serve).type.not.toBeCallableWith({ requestLatency: (path: string) => path.length })
  })

  test("each have a default", () => {
    expect<keyof ThingSpaceEmulator.Options>().type.toBeAssignableTo<keyof ThingSpaceEmulator.Defaults>()
    expect<undefined>().type.not.toBeAssignableTo<ThingSpaceEmulator.Defaults[keyof ThingSpaceEmulator.Options]>()
  })
})
