import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as pipeline from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"

const over = (config?: ThingSpaceConfig.Settings) => {
  const { client, sent } = recorder.make(recorder.answering(200))
  return { client: ThingSpaceHttpClient.withSession(client, { ...pipeline.ownSources(), config }), sent }
}

const production = "https://thingspace.verizon.com"

const credentialNames = ["authorization", "vz-m2m-token", "sessiontoken"]

const carried = (headers: Readonly<Record<string, string>> | undefined) =>
  Object.fromEntries(Object.entries(headers ?? {}).filter(([name]) => credentialNames.includes(name.toLowerCase())))

const everywhere = { authorization: "Bearer token-1", "vz-m2m-token": "session-1" }
const atImp = { authorization: "Bearer token-1", sessiontoken: "session-1" }

describe("credentials go to the platform", () => {
  const cases: ReadonlyArray<readonly [url: string, sentTo: string, credentials: Readonly<Record<string, string>>]> = [
    ["/api/m2m/v1/devices", `${production}/api/m2m/v1/devices`, everywhere],
    ["/", `${production}/`, everywhere],
    ["/../x", `${production}/x`, everywhere],
    ["/a//b", `${production}/a//b`, everywhere],
    ["/@evil.example/", `${production}/@evil.example/`, everywhere],
    ["/\t/evil.example/", `${production}//evil.example/`, everywhere],
    [`${production}/api`, `${production}/api`, everywhere],
    [`${production}\\@evil.example@other.example/`, `${production}/@evil.example@other.example/`, everywhere],
    [production, `${production}/`, everywhere],
    [`${production}?a=b`, `${production}/?a=b`, everywhere],
    [`${production}:443/api`, `${production}/api`, everywhere],
    ["HTTPS://ThingSpace.Verizon.COM/api", `${production}/api`, everywhere],
    [" https://thingspace.verizon.com/api", `${production}/api`, everywhere],
    ["https://5gedge.verizon.com/api/mec/eds", "https://5gedge.verizon.com/api/mec/eds", everywhere],
    ["https://imp.thingspace.verizon.com/api/v1", "https://imp.thingspace.verizon.com/api/v1", atImp],
    ["https://IMP.thingspace.verizon.com:443/api/v1", "https://imp.thingspace.verizon.com/api/v1", atImp]
  ]
  it.effect.each(cases)("as %j", ([url, sentTo, credentials]) =>
    Effect.gen(function* () {
      const { client, sent } = over()
      yield* client.get(url)
      assert.lengthOf(sent, 1)
      assert.strictEqual(sent[0]?.url, sentTo)
      assert.deepStrictEqual(carried(sent[0]?.headers), credentials)
    })
  )

  it.effect("exactly once, whatever of the kind the request had already", () =>
    Effect.gen(function* () {
      const { client, sent } = over()
      const request = HttpClientRequest.get("/api").pipe(
        HttpClientRequest.setHeaders({ Authorization: "Basic a", "VZ-M2M-Token": "b", "X-Other": "kept" })
      )
      yield* client.execute(request)
      assert.deepStrictEqual(sent[0]?.headers, { ...everywhere, "x-other": "kept" })
    })
  )

  it.effect("as fetch sends them: one value each", () =>
    Effect.gen(function* () {
      const seen: Array<Headers> = []
      const fetch: typeof globalThis.fetch = (_, init) => {
        seen.push(new Headers(init?.headers))
        return Promise.resolve(new Response("fine"))
      }
      const base = yield* HttpClient.HttpClient.pipe(
        Effect.provide(FetchHttpClient.layer),
        Effect.provideService(FetchHttpClient.Fetch, fetch)
      )
      yield* ThingSpaceHttpClient.withSession(base, pipeline.ownSources())
        .get("/a", { headers: { AUTHORIZATION: "Basic a" } })
        .pipe(Effect.provideService(FetchHttpClient.Fetch, fetch))
      assert.strictEqual(seen[0]?.get("authorization"), "Bearer token-1")
      assert.strictEqual(seen[0]?.get("vz-m2m-token"), "session-1")
    })
  )

  it.effect("with the query that the request was given", () =>
    Effect.gen(function* () {
      const { client, sent } = over()
      yield* client.get("/a?b=1", { urlParams: { c: "2 3" } })
      yield* client.get(`${production.toUpperCase()}/a?b=1`, { urlParams: { c: "2 3" } })
      assert.deepStrictEqual(
        sent.map(({ url }) => url),
        [`${production}/a?b=1&c=2+3`, `${production}/a?b=1&c=2+3`]
      )
    })
  )
})

describe("headers of the caller's own", () => {
  const headers = (given: Readonly<Record<string, string>>, url = "/api/m2m/v1/devices") =>
    Effect.gen(function* () {
      const { client, sent } = over()
      yield* client.get(url, { headers: given })
      return sent[0]?.headers
    })

  it.effect("that hold credentials are replaced, and cookies dropped", () =>
    Effect.gen(function* () {
      const given = { Authorization: "Basic a", "VZ-M2M-Token": "b", SessionToken: "c", Cookie: "d=e", "X-Other": "f" }
      assert.deepStrictEqual(yield* headers(given), { ...everywhere, "x-other": "f" })
      assert.deepStrictEqual(yield* headers(given, "https://imp.thingspace.verizon.com/a"), {
        ...atImp,
        "x-other": "f"
      })
    })
  )

  it.effect("are all that is changed of a request from which one is dropped", () =>
    Effect.gen(function* () {
      const { client, sent } = over()
      const request = HttpClientRequest.put(`${production}/a`, { urlParams: { b: "c" }, hash: "d" }).pipe(
        HttpClientRequest.bodyText("text", "text/x-own"),
        HttpClientRequest.setHeader("cookie", "e=f")
      )
      yield* client.execute(request)
      assert.deepInclude(sent[0], { method: "PUT", url: `${production}/a?b=c#d`, body: "text" })
      assert.deepStrictEqual(sent[0]?.headers, { ...everywhere, "content-type": "text/x-own", "content-length": "4" })
    })
  )

  it.effect("may hold a session if only the access token is carried", () =>
    Effect.gen(function* () {
      const { client, sent } = recorder.make(recorder.answering(200))
      const own = ThingSpaceHttpClient.withAccessToken(client, pipeline.ownSources())
      yield* own.get("/a", { headers: { "VZ-M2M-Token": "mine", Authorization: "Basic a", Cookie: "b=c" } })
      assert.deepStrictEqual(sent[0]?.headers, { authorization: "Bearer token-1", "vz-m2m-token": "mine" })
    })
  )

  it.effect.each(["thingspace.verizon.com", "ThingSpace.Verizon.com:443"])("may name the URL's host: %s", (host) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* headers({ host }), { ...everywhere, host })
    })
  )

  it.effect.each(["evil.example", "thingspace.verizon.com:8443", "imp.thingspace.verizon.com", ""])(
    "that name another host fail the call before it is sent: %j",
    (host) =>
      Effect.gen(function* () {
        const { client, sent } = over()
        for (const url of ["/a", `${production}/a`, `${production.toUpperCase()}/a`]) {
          const error = yield* Effect.flip(client.get(url, { headers: { host } }))
          assert.strictEqual("reason" in error ? error.reason : error._tag, "InvalidUrl")
        }
        assert.lengthOf(sent, 0)
      })
  )
})

const refused: ReadonlyArray<string> = [
  "//thingspace.verizon.com/api",
  "//evil.example/api",
  "/\\evil.example/api",
  "\\\\evil.example/api",
  "api/m2m/v1/devices",
  "",
  "?a=b",
  "https://user:secret@thingspace.verizon.com/api",
  "https://user@thingspace.verizon.com/api",
  "https://thingspace.verizon.com@evil.example/",
  "https://thingspace.verizon.com:443@evil.example/",
  "https://thingspace.verizon.com.evil.example/",
  "https://thingspace.verizon.com./api",
  "https://evil-thingspace.verizon.com/",
  "https://evil.example/?https://thingspace.verizon.com/",
  "https://evil.example/https://thingspace.verizon.com/",
  "https://evil.example#https://thingspace.verizon.com/",
  "https://verizon.com/",
  "https://xn--thingspace-verizon.com/",
  "https://thingspace.verizon.com:8443/api",
  "https://thingspace.verizon.com:80/api",
  "http://thingspace.verizon.com/api",
  "http://thingspace.verizon.com:443/api",
  "ftp://thingspace.verizon.com/api",
  "blob:https://thingspace.verizon.com/api",
  "javascript:https://thingspace.verizon.com/",
  "data:text/plain,a",
  "https://[::1]/",
  "http://localhost/",
  "https://",
  "https:///",
  "not a url"
]

describe("a request to anywhere else", () => {
  it.effect.each(refused)("is refused before it is sent: %j", (url) =>
    Effect.gen(function* () {
      const { client, sent } = over()
      const error = yield* Effect.flip(client.get(url))
      assert.strictEqual(error._tag, "RequestError")
      assert.strictEqual("reason" in error ? error.reason : undefined, "InvalidUrl")
      assert.lengthOf(sent, 0)
    })
  )

  it.effect("is refused before a token or a session is asked for", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      yield* Effect.flip(client.get("https://evil.example/"))
      assert.deepStrictEqual(yield* pipeline.cost, { tokens: 0, logins: 0 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("is not made of what a page's own address would complete", () => {
    const onPage = Effect.sync(() => {
      const value = { origin: "https://page.example", pathname: "/" }
      Object.defineProperty(globalThis, "location", { configurable: true, value })
    })
    const offPage = Effect.sync(() => Reflect.deleteProperty(globalThis, "location"))
    const calls = Effect.gen(function* () {
      const { client, sent } = over()
      yield* client.get("https:thingspace.verizon.com/api", { urlParams: { a: "b" } })
      yield* Effect.flip(client.get("api"))
      assert.deepStrictEqual(
        sent.map(({ url }) => url),
        [`${production}/api?a=b`]
      )
    })
    return Effect.acquireUseRelease(
      onPage,
      () => calls,
      () => offPage
    )
  })

  const allowed = new Set([
    "https://thingspace.verizon.com",
    "https://5gedge.verizon.com",
    "https://imp.thingspace.verizon.com"
  ])
  const pieces = FastCheck.oneof(
    FastCheck.constantFrom(
      ...[
        "https:",
        "http:",
        "HTTPS:",
        "//",
        "/",
        "\\",
        "@",
        ":",
        "443",
        "8443",
        ".",
        "..",
        "?",
        "#",
        "%",
        "%2f",
        "\t",
        "\n",
        " "
      ],
      ...["thingspace.verizon.com", "imp.thingspace.verizon.com", "5gedge.verizon.com", "THINGSPACE.VERIZON.COM"],
      ...["evil.example", "user:pass", "xn--", "[::1]", "127.0.0.1", "localhost", "。", "ⓣ", "\u00ad", "\u202e"]
    ),
    FastCheck.string({ maxLength: 3 })
  )
  const urls = FastCheck.oneof(
    FastCheck.array(pieces, { maxLength: 12 }).map((all) => all.join("")),
    FastCheck.webUrl()
  )
  it("never reaches the transport with a credential, however the URL is put together", () => {
    const isKept = FastCheck.property(urls, (url) => {
      const { client, sent } = over()
      const outcome = Effect.runSync(Effect.either(client.get(url)))
      assert.strictEqual(outcome._tag === "Right", sent.length === 1)
      for (const one of sent) {
        assert.include([...allowed], new URL(one.url).origin)
        assert.notMatch(one.url, /^[a-z]+:\/\/[^/]*@/)
      }
    })
    FastCheck.assert(isKept, { numRuns: 2000 })
  })
})

describe("with settings of the program's own", () => {
  const settings = (options: ThingSpaceConfig.Options) => Effect.flatMap(ThingSpaceConfig.make(options), Effect.succeed)

  it.effect("credentials go to the given address only, and relative URLs are joined to it, its path included", () =>
    Effect.gen(function* () {
      const { client, sent } = over(yield* settings({ baseUrl: "http://localhost:8787/prefix/" }))
      yield* client.get("/api")
      yield* Effect.flip(client.get(`${production}/api`))
      yield* Effect.flip(client.get("http://localhost:8788/api"))
      assert.deepStrictEqual(
        sent.map(({ url }) => url),
        ["http://localhost:8787/prefix/api"]
      )
    })
  )

  it.effect("credentials go to the given origins only, under the given header", () =>
    Effect.gen(function* () {
      const origins = new Map<string, ThingSpaceConfig.SessionHeader>([["https://Proxy.example:8443", "sessiontoken"]])
      const { client, sent } = over(yield* settings({ origins }))
      yield* client.get("https://proxy.example:8443/api")
      const error = yield* Effect.flip(client.get("/api"))
      assert.strictEqual(error._tag, "RequestError")
      assert.deepStrictEqual(
        sent.map(({ headers }) => carried(headers)),
        [atImp]
      )
    })
  )

  it.effect("the layers read them once, when they are built", () =>
    Effect.gen(function* () {
      const { layer, sent } = recorder.make(
        recorder.json(200, { access_token: "a", token_type: "Bearer", sessionToken: "b" })
      )
      const configured = ThingSpaceHttpClient.layer(pipeline.credentials).pipe(
        Layer.provide(Layer.merge(layer, ThingSpaceConfig.layer({ baseUrl: "http://127.0.0.1:1234" })))
      )
      const client = yield* Effect.provide(ThingSpaceHttpClient.ThingSpaceHttpClient, configured).pipe(Effect.scoped)
      assert.lengthOf(sent, 0)
      yield* Effect.flip(client.get("/api"))
      yield* Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get("/api")).pipe(
        Effect.provide(configured)
      )
      assert.deepStrictEqual([...new Set(sent.map(({ url }) => new URL(url).origin))], ["http://127.0.0.1:1234"])
      assert.lengthOf(sent, 3)
    })
  )

  it.effect("an origin that is neither encrypted nor on this machine receives nothing, however it got into them", () =>
    Effect.gen(function* () {
      const { client, sent } = over({
        ...ThingSpaceConfig.ThingSpaceConfig.defaultValue(),
        baseUrl: "http://evil.example",
        origins: new Map([
          ["http://evil.example", "vz-m2m-token"],
          ["https://user@evil.example", "vz-m2m-token"]
        ])
      })
      for (const url of ["/api", "http://evil.example/api", "https://user@evil.example/api", "https://evil.example/"]) {
        assert.strictEqual((yield* Effect.flip(client.get(url)))._tag, "RequestError")
      }
      assert.lengthOf(sent, 0)
    })
  )
})
