import { type Profiler, Session } from "node:inspector"
import { relative } from "node:path"
import { fileURLToPath } from "node:url"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { ThingSpaceEmulator, ThingSpaceHttpClient, ThingSpaceTransport } from "effect-thingspace-auth"
import { blocks, read } from "./pages.js"

const page = "docs/how-it-works.md"

const [pipeline = "", states = "", healed = ""] = blocks(page, "mermaid")

const namesIn = (diagram: string): ReadonlyArray<string> => [
  ...new Set([...diagram.matchAll(/^ *(\S+) --> ([^:\s]+)/gm)].flatMap(([, from = "", to = ""]) => [from, to]))
]

const live = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  Layer.provideMerge(ThingSpaceEmulator.layer())
)

const answers: Readonly<Record<string, unknown>> = {
  "/api/ts/v1/oauth2/token": { access_token: "access", token_type: "Bearer", expires_in: 3600 },
  "/api/m2m/v1/session/login": { sessionToken: "session" }
}

const overTransport = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  Layer.provide(ThingSpaceTransport.layer),
  Layer.provide(
    Layer.succeed(FetchHttpClient.Fetch, (input) =>
      Promise.resolve(Response.json(answers[new URL(String(input)).pathname] ?? {}))
    )
  )
)

const posted = <A>(post: (done: (error: Error | null, result: A) => void) => void) =>
  Effect.async<A, Error>((resume) =>
    post((error, result) => resume(error === null ? Effect.succeed(result) : Effect.fail(error)))
  )

/** The files of `src` of which a function runs while this does, by V8's counts. */
const filesRunBy = (call: Effect.Effect<unknown, unknown>) =>
  Effect.gen(function* () {
    const session = yield* Effect.acquireRelease(
      Effect.sync(() => new Session()),
      (session) => Effect.sync(() => session.disconnect())
    )
    session.connect()
    yield* posted((done) => session.post("Profiler.enable", (error) => done(error, undefined)))
    const options: Profiler.StartPreciseCoverageParameterType = { callCount: true, detailed: false }
    yield* posted((done) => session.post("Profiler.startPreciseCoverage", options, (error) => done(error, undefined)))
    yield* call
    const { result } = yield* posted<Profiler.TakePreciseCoverageReturnType>((done) =>
      session.post("Profiler.takePreciseCoverage", done)
    )
    return result
      .filter(({ functions }) => functions.some(({ ranges }) => ranges.some(({ count }) => count > 0)))
      .map(({ url }) => relative(process.cwd(), url.startsWith("file:") ? fileURLToPath(url) : url))
      .filter((file) => file.startsWith("src/"))
  }).pipe(Effect.scoped)

describe("docs/how-it-works.md", () => {
  it("draws the modules that the library has", () => {
    const named = [...pipeline.matchAll(/\["(\w+)"\]/g)].map(([, name]) => name)
    assert.isAbove(named.length, 5)
    const index = read("src/index.ts")
    for (const name of named) assert.include(index, `export * as ${name} from`)
  })

  it("draws the states that a held credential has", () => {
    const [outer = "", inner = ""] = states.split("state Ready {")
    const source = read("src/internal/credential/state.ts")
    const tags = [...source.matchAll(/readonly _tag: "(\w+)"/g)].map(([, tag = ""]) => tag)
    assert.sameMembers([...namesIn(outer)], ["[*]", ...tags])
    const renewal = /readonly renewal: (.*)/.exec(source)?.[1] ?? ""
    const renewals = renewal.split(" | ").map((one) => one.replace(/^"|"$|<.*/g, ""))
    assert.sameMembers([...namesIn(inner)], ["[*]", ...renewals])
  })

  it.effect("draws the requests of a healed call as they are sent, and what is answered", () =>
    Effect.gen(function* () {
      const { account } = ThingSpaceEmulator.defaults
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const path = `/api/m2m/v1/accounts/${account}`
      yield* client.get(path)
      yield* Effect.all([emulator.clearExchanges, emulator.endSessions, emulator.revokeAll])
      yield* client.get(path)

      const drawn = [...healed.matchAll(/(\w+)->>Platform: (.*)\n *Platform-->>\1: (\d+)/g)]
      const sent = (yield* emulator.exchanges).map(({ method, path, status }) => `${method} ${path} ${status}`)
      assert.deepStrictEqual(
        drawn.map(([, , request = "", status]) => `${request.replace("…", account)} ${status}`),
        sent
      )
    }).pipe(Effect.provide(live))
  )

  it.effect("names the files that a warm call runs through, seven at most", () =>
    Effect.gen(function* () {
      const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
      const call = Effect.flatMap(client.get("/api/m2m/v1/accounts/a"), ({ json }) => json)
      // The second use of a session finds out that nobody waits for the third.
      yield* Effect.repeatN(call, 2)
      const ran = yield* filesRunBy(call)
      const named = [...read(page).matchAll(/^\d\. \[(src\/[^\]]+)\]/gm)].map(([, file = ""]) => file)
      assert.sameMembers([...ran], named)
      assert.isAtMost(named.length, 7)
    }).pipe(Effect.provide(overTransport))
  )

  it("gives the times that the code has", () => {
    const text = read(page).replaceAll(/\s+/g, " ")
    assert.match(read("src/internal/credential/heldCredential.ts"), /const askAgainAfter = "250 millis"\n/)
    assert.match(read("src/internal/credential/state.ts"), /const atItsEnd = 2000\n/)
    assert.include(
      text,
      "with two seconds or less to live, it asks again every 250 milliseconds, for half of its deadline"
    )
    const record = read("src/internal/login/record.ts")
    assert.match(record, /const affordable = 4\n/)
    assert.match(record, /Duration\.minutes\(30\)/)
    assert.match(record, /\[2_000, 30_000, 300_000\]/)
    assert.match(record, /const longestPause = 30_000\n/)
    assert.include(text, "1, 2, 4 … 30 seconds, each up to a quarter shorter")
    assert.include(text, "not before 2 seconds, 30 seconds or 5 minutes after the first, second or third strike")
  })
})
