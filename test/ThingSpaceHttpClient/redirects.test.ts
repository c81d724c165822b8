import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as pipeline from "../utils/pipeline.js"

interface Call {
  readonly url: string
  readonly init: RequestInit | undefined
}

/** Answers the two authentication calls, and redirects every other. */
const recording = () => {
  const calls: Array<Call> = []
  const answers = new Map([
    [pipeline.paths.token, JSON.stringify({ access_token: "token-1", token_type: "Bearer", expires_in: 3600 })],
    [pipeline.paths.login, JSON.stringify({ sessionToken: "session-1" })]
  ])
  const fetch: typeof globalThis.fetch = (input, init) => {
    const url = input instanceof Request ? input.url : String(input)
    calls.push({ url, init })
    const body = answers.get(new URL(url).pathname)
    return Promise.resolve(
      body === undefined
        ? new Response("moved", { status: 302, headers: { location: "https://evil.example/" } })
        : new Response(body)
    )
  }
  return { calls, fetch }
}

const get = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get("/a"))

const redirects = (calls: ReadonlyArray<Call>) => calls.map(({ init }) => init?.redirect)

describe("fetch", () => {
  it.effect("is told to follow no redirect, in any call, and the redirect is handed on", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const response = yield* get.pipe(
        Effect.provide(Layer.provide(ThingSpaceHttpClient.layer(pipeline.credentials), FetchHttpClient.layer)),
        Effect.provideService(FetchHttpClient.Fetch, fetch)
      )
      assert.strictEqual(response.status, 302)
      assert.strictEqual(yield* response.text, "moved")
      assert.deepStrictEqual(redirects(calls), ["manual", "manual", "manual"])
      assert.isFalse(calls.some(({ url }) => url.includes("evil")))
    })
  )

  it.effect("may be the program's own, given to FetchHttpClient.layer", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const own = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
      yield* get.pipe(Effect.provide(Layer.provide(ThingSpaceHttpClient.layer(pipeline.credentials), own)))
      assert.deepStrictEqual(redirects(calls), ["manual", "manual", "manual"])
    })
  )

  it.effect("keeps what else the caller says of the request", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const own = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
      yield* get.pipe(
        Effect.provideService(FetchHttpClient.RequestInit, { credentials: "omit", redirect: "follow" }),
        Effect.provide(Layer.provide(ThingSpaceHttpClient.layer(pipeline.credentials), own))
      )
      const last = calls.at(-1)?.init
      assert.deepStrictEqual([last?.credentials, last?.redirect], ["omit", "manual"])
    })
  )

  it.effect("may be told to fail at a redirect", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const own = Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
      yield* get.pipe(
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "error" }),
        Effect.provide(Layer.provide(ThingSpaceHttpClient.layer(pipeline.credentials), own))
      )
      assert.strictEqual(calls.at(-1)?.init?.redirect, "error")
    })
  )

  it("is told so too by a client that was taken out of its layers", async () => {
    const { calls, fetch } = recording()
    const base = Effect.provide(
      HttpClient.HttpClient,
      Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
    )
    const client = ThingSpaceHttpClient.withAccessToken(await Effect.runPromise(base), pipeline.ownSources())
    assert.strictEqual((await Effect.runPromise(client.get("/a"))).status, 302)
    assert.deepStrictEqual(redirects(calls), ["manual"])
  })
})

describe("followRedirects outside the client", () => {
  it.effect("does not take credentials to another origin", () =>
    Effect.gen(function* () {
      const { calls, fetch } = recording()
      const base = yield* Effect.provide(
        HttpClient.HttpClient,
        Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch))
      )
      const client = HttpClient.followRedirects(ThingSpaceHttpClient.withSession(base, pipeline.ownSources()))
      const error = yield* Effect.flip(client.get("/a"))
      assert.strictEqual("reason" in error ? error.reason : error, "InvalidUrl")
      assert.lengthOf(calls, 1)
    })
  )
})
