import { inspect } from "node:util"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import * as ThingSpaceHttpClient from "../src/ThingSpaceHttpClient.js"
import * as ThingSpaceTransport from "../src/ThingSpaceTransport.js"
import * as pipeline from "./utils/pipeline.js"

interface Call {
  readonly url: string
  readonly method: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly redirect: string | undefined
  readonly credentials: string | undefined
}

/** A fetch that notes what it is told, and redirects. */
const recording = () => {
  const calls: Array<Call> = []
  const fetch: typeof globalThis.fetch = async (input, init) => {
    const url = String(input)
    calls.push({
      url,
      method: init?.method,
      headers: Object.fromEntries(new Headers(init?.headers)),
      body: await new Response(init?.body).text(),
      redirect: init?.redirect,
      credentials: init?.credentials
    })
    return new Response("moved", { status: 302, headers: { location: "https://evil.example/" } })
  }
  return { calls, fetch }
}

const url = "https://thingspace.verizon.com/a"
const Fetch = FetchHttpClient.Fetch
const RequestInit = FetchHttpClient.RequestInit

const through = (layer: Layer.Layer<HttpClient.HttpClient>, fetch: typeof globalThis.fetch, init?: RequestInit) =>
  Effect.provide(
    HttpClient.HttpClient,
    Layer.provide(
      layer,
      init === undefined
        ? Layer.succeed(Fetch, fetch)
        : Layer.merge(Layer.succeed(Fetch, fetch), Layer.succeed(RequestInit, init))
    )
  )

const form = () => {
  const data = new FormData()
  data.append("a", "b")
  return data
}

describe("the transport", () => {
  const post = HttpClientRequest.post(url)
  const requests: ReadonlyArray<readonly [string, () => HttpClientRequest.HttpClientRequest]> = [
    ["no body", () => HttpClientRequest.get(url, { urlParams: { a: "b c" }, headers: { "X-Own": "1" } })],
    ["text", () => HttpClientRequest.bodyText(post, "äöü")],
    ["JSON", () => HttpClientRequest.bodyUnsafeJson(post, { a: 1 })],
    ["bytes", () => HttpClientRequest.bodyUint8Array(post, new Uint8Array([65, 66]))],
    ["a stream", () => HttpClientRequest.bodyStream(post, Stream.make(new Uint8Array([65])), { contentLength: 1 })],
    ["raw text", () => HttpClientRequest.setBody(post, HttpBody.raw("raw"))]
  ]
  it.effect.each(requests)("sends %s as FetchHttpClient.layer does, and follows no redirect", ([, request]) =>
    Effect.gen(function* () {
      const init = { credentials: "omit", headers: { "x-init": "2", "x-own": "3" } } as const
      const theirs = recording()
      const ours = recording()
      yield* (yield* through(FetchHttpClient.layer, theirs.fetch, init)).execute(request())
      const response = yield* (yield* through(ThingSpaceTransport.layer, ours.fetch, init)).execute(request())
      const told = (all: ReadonlyArray<Call>) =>
        all.map(({ headers, redirect: _, ...call }) => {
          const { b3: _b3, traceparent: _trace, ...others } = headers
          return { ...call, headers: others }
        })
      assert.strictEqual(response.status, 302)
      assert.deepStrictEqual(told(ours.calls), told(theirs.calls))
      assert.deepStrictEqual(
        ours.calls.map(({ redirect }) => redirect),
        ["manual"]
      )
    })
  )

  it.effect("sends a form as FetchHttpClient.layer does", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const client = yield* through(ThingSpaceTransport.layer, fetch)
      yield* client.execute(HttpClientRequest.bodyFormData(post, form()))
      assert.include(calls[0]?.body, 'form-data; name="a"')
    })
  )

  it.effect("does as the caller says, before what was said where it was built", () =>
    Effect.gen(function* () {
      const built = recording()
      const own = recording()
      const client = yield* through(ThingSpaceTransport.layer, built.fetch, { redirect: "error" })
      yield* client.get(url)
      yield* client
        .get(url)
        .pipe(
          Effect.provideService(Fetch, own.fetch),
          Effect.provideService(RequestInit, { redirect: "follow", credentials: "include" })
        )
      assert.deepStrictEqual(
        built.calls.map(({ redirect }) => redirect),
        ["error"]
      )
      assert.deepStrictEqual(
        own.calls.map(({ credentials, redirect }) => [redirect, credentials]),
        [["manual", "include"]]
      )
    })
  )

  it.effect("reports a broken connection as FetchHttpClient.layer does", () =>
    Effect.gen(function* () {
      const broken = () => Promise.reject(new TypeError("fetch failed"))
      const client = yield* through(ThingSpaceTransport.layer, broken)
      const error = yield* Effect.flip(client.get(url))
      assert.deepInclude({ ...error }, { _tag: "RequestError", reason: "Transport" })
    })
  )

  it.effect("aborts fetch when the call is interrupted", () =>
    Effect.gen(function* () {
      let signal: AbortSignal | null | undefined
      const hanging: typeof globalThis.fetch = (_, init) => {
        signal = init?.signal
        return new Promise(() => undefined)
      }
      const client = yield* through(ThingSpaceTransport.layer, hanging)
      const call = yield* Effect.fork(client.get(url))
      yield* pipeline.settle
      yield* Fiber.interrupt(call)
      assert.isTrue(signal?.aborted)
    })
  )
})

describe("beneath the authenticated client", () => {
  const over = (client: HttpClient.HttpClient) => ThingSpaceHttpClient.withSession(client, pipeline.ownSources())
  const following = Effect.provideService(RequestInit, { redirect: "follow" })

  it.effect.each([
    ["the transport", ThingSpaceTransport.layer],
    ["a fetch that is vouched for", ThingSpaceTransport.followingNone(FetchHttpClient.layer)],
    ["any other fetch", FetchHttpClient.layer]
  ] as const)("%s follows no redirect, also where the caller says so", ([, layer]) =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const client = over(yield* through(layer, fetch))
      yield* client.get("/a")
      yield* following(client.get("/a"))
      const own = over(HttpClient.mapRequest(yield* through(layer, fetch), (request) => request))
      yield* own.get("/a")
      yield* following(own.get("/a"))
      assert.deepStrictEqual(
        calls.map(({ redirect }) => redirect),
        ["manual", "manual", "manual", "manual"]
      )
    })
  )

  it.effect("a client that is vouched for is built anew, so that the vouch is about this one only", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      class Plain extends Context.Tag("test/Plain")<Plain, HttpClient.HttpClient>() {}
      const plain = Layer.provide(Layer.effect(Plain, HttpClient.HttpClient), FetchHttpClient.layer)
      const both = Layer.merge(plain, ThingSpaceTransport.followingNone(FetchHttpClient.layer)).pipe(
        Layer.provide(Layer.succeed(Fetch, fetch))
      )
      yield* Effect.gen(function* () {
        yield* (yield* Plain).get(url)
        yield* (yield* HttpClient.HttpClient).get(url)
      }).pipe(Effect.provide(both))
      assert.deepStrictEqual(
        calls.map(({ redirect }) => redirect),
        [undefined, "manual"]
      )
    })
  )

  it("no span holds a secret, also where the client is taken out of its layers", async () => {
    const { spans, tracer } = Effect.runSync(pipeline.tracing)
    const { fetch } = recording()
    for (const layer of [ThingSpaceTransport.layer, ThingSpaceTransport.followingNone(FetchHttpClient.layer)]) {
      const client = over(await Effect.runPromise(through(layer, fetch)))
      await Effect.runPromise(Effect.withTracer(client.get("/a"), tracer))
    }
    const printed = spans.map((span) => inspect(span._tag === "Span" ? span.attributes : span)).join("\n")
    assert.include(printed, "http.request.header.vz-m2m-token")
    for (const secret of ["token-1", "session-1"]) assert.notInclude(printed, secret)
  })
})
