import { inspect } from "node:util"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Tracer from "effect/Tracer"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as pipeline from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"
import * as secrecy from "../utils/secrecy.js"

const { account, linkedTo, logging, tracing } = pipeline

const printed = (spans: ReadonlyArray<Tracer.Span>) =>
  spans.map((span) => inspect([span.name, span._tag === "Span" ? span.attributes : span], { depth: 12 })).join("\n")

/** Everything that happens in the life of a pipeline: acquisition, refusals, renewal, revocation, a failure. */
const life = Effect.gen(function* () {
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const tokens = yield* TokenSource.TokenSource
  const secrets = new Set([
    ThingSpaceEmulator.defaults.appSecret,
    ThingSpaceEmulator.defaults.password,
    secrecy.basic(ThingSpaceEmulator.defaults.appKey, ThingSpaceEmulator.defaults.appSecret)
  ])
  const note = Effect.gen(function* () {
    for (const session of yield* emulator.liveSessions) secrets.add(session)
    for (const token of Option.toArray(yield* emulator.currentToken)) secrets.add(token)
  })
  yield* client.get(account)
  yield* note
  yield* emulator.endSessions
  yield* client.get(account)
  yield* note
  yield* emulator.revokeAll
  yield* client.get(account)
  yield* note
  yield* emulator.failNext(ThingSpaceEmulator.lostResponse, { path: account })
  yield* Effect.tapError(client.get(account), (error) => Effect.logError("failed", error)).pipe(Effect.ignore)
  yield* tokens.revoke
  yield* client.get("https://imp.thingspace.verizon.com/api/v1/a")
  yield* note
  return [...secrets]
})

describe("spans", () => {
  it.effect("hold no secret, within the layers", () =>
    Effect.gen(function* () {
      const { spans, tracer } = yield* tracing
      const secrets = yield* life.pipe(
        Effect.provide(pipeline.layer()),
        Effect.withSpan("program"),
        Effect.withTracer(tracer)
      )
      const text = printed(spans)
      for (const secret of secrets.flatMap(secrecy.forms)) assert.notInclude(text, secret)
      for (const name of ["requestToken", "login", "revokeToken"]) assert.include(text, `ThingSpace.${name}`)
      assert.include(text, "http.request.header.vz-m2m-token")
      assert.include(text, "http.request.header.sessiontoken")
    })
  )

  it("hold no secret where the client is taken out of its layers and run bare", async () => {
    const { spans, tracer } = Effect.runSync(tracing)
    const { client } = recorder.make(recorder.answering(200, "fine", { "set-cookie": "a=session-1" }))
    const bare = ThingSpaceHttpClient.withSession(client, pipeline.ownSources())
    await Effect.runPromise(Effect.withTracer(bare.get("/a"), tracer))
    const text = printed(spans)
    assert.include(text, "http.request.header.authorization")
    for (const secret of ["token-1", "session-1"]) assert.notInclude(text, secret)
  })

  it.effect("of the two acquisitions have no parent, and are linked to the call that needed them", () =>
    Effect.gen(function* () {
      const { named, spans, tracer } = yield* tracing
      yield* Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account)).pipe(
        Effect.withSpan("caller"),
        Effect.provide(pipeline.layer()),
        Effect.withSpan("program"),
        Effect.withTracer(tracer)
      )
      const login = named("ThingSpace.login")
      assert.isTrue(login !== undefined && Option.isNone(login.parent))
      assert.deepStrictEqual(linkedTo(login), ["caller"])
      const call = spans.find(({ attributes }) => String(attributes.get("url.full")).includes(account))
      assert.strictEqual(call === undefined ? undefined : Option.getOrUndefined(call.parent)?._tag, "Span")
    })
  )
})

describe("logs", () => {
  it.effect("hold no secret at any level", () => {
    const log = logging()
    return Effect.gen(function* () {
      const secrets = yield* life
      const text = log.lines.map((line) => line.text).join("\n")
      for (const secret of secrets.flatMap(secrecy.forms)) assert.notInclude(text, secret)
      assert.include(text, "Acquired access token #")
      assert.include(text, "Logged in, session #")
      assert.include(text, "The platform refused session #")
    }).pipe(Effect.provide(Layer.provideMerge(pipeline.layer(), log.layer)))
  })
})
