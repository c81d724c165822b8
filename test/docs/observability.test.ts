import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Redacted from "effect/Redacted"
import {
  AuthError,
  CredentialStore,
  Credentials,
  OAuthClient,
  SessionClient,
  SessionSource,
  SessionToken,
  ThingSpaceConfig,
  ThingSpaceEmulator,
  ThingSpaceHttpClient,
  TokenSource
} from "effect-thingspace-auth"
import { sources } from "../../scripts/sources.js"
import * as spans from "../utils/spans.js"
import { codes, read, rows } from "./pages.js"

const page = "docs/observability.md"
const { account } = ThingSpaceEmulator.defaults

const table = (heading: string) => rows(page, heading).filter(([first = ""]) => first.startsWith("`"))

const live = ThingSpaceHttpClient.layer(ThingSpaceEmulator.credentials).pipe(
  Layer.provideMerge(Layer.merge(OAuthClient.layer, SessionClient.layer)),
  Layer.provideMerge(ThingSpaceEmulator.layer()),
  Layer.provideMerge(ThingSpaceConfig.layer({ baseUrl: "http://localhost:8080" }))
)

const failed = Effect.fail(new CredentialStore.CredentialStoreError({ description: "broken" }))

const brokenStore = TokenSource.layer().pipe(
  Layer.provide([OAuthClient.layer, Credentials.layerApp(ThingSpaceEmulator.credentials)]),
  Layer.provide(
    CredentialStore.layer({
      get: () => failed,
      lease: () => failed,
      renew: () => failed,
      release: () => failed,
      set: () => failed,
      extend: () => failed,
      remove: () => failed
    })
  )
)

/** Each call once, a healed call of each kind, and a failure of each kind. */
const everything = Effect.gen(function* () {
  const client = yield* ThingSpaceHttpClient.ThingSpaceHttpClient
  const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const tokens = yield* TokenSource.TokenSource
  const sessions = yield* SessionSource.SessionSource
  const stateless = yield* SessionClient.SessionClient
  const oauth = yield* OAuthClient.OAuthClient
  const call = client.get(`/api/m2m/v1/accounts/${account}`)

  yield* call
  yield* emulator.endSessions
  yield* call
  yield* emulator.revokeAll
  yield* call
  const access = yield* tokens.get
  const { password } = ThingSpaceEmulator.credentials
  yield* stateless.resetPassword(access, yield* sessions.get, password)
  yield* Effect.ignore(stateless.logout(access, new SessionToken.SessionToken({ secret: Redacted.make("unknown") })))
  yield* sessions.logout
  yield* tokens.revoke
  yield* Effect.provide(
    Effect.flatMap(TokenSource.TokenSource, ({ get }) => get),
    brokenStore
  )

  const wrong = { key: Redacted.make("another"), secret: Redacted.make("one") }
  yield* Effect.ignore(oauth.requestToken(wrong))
  yield* emulator.failNext(ThingSpaceEmulator.lostRequest)
  yield* Effect.ignore(oauth.requestToken(wrong))
  yield* emulator.failNext(ThingSpaceEmulator.hang)
  yield* Effect.fork(oauth.requestToken(wrong)).pipe(
    Effect.tap(() => Effect.repeatN(Effect.yieldNow(), 100)),
    Effect.flatMap((fiber) => fiber.interruptAsFork(fiber.id()))
  )
  yield* Effect.repeatN(Effect.yieldNow(), 100)
})

describe("docs/observability.md", () => {
  it.effect("lists the spans, the metrics and their attributes as they are", () =>
    Effect.gen(function* () {
      const recorded = yield* spans.make
      yield* Effect.provide(everything, live).pipe(Effect.withTracer(recorded.tracer))

      const own = recorded.all().filter(({ name }) => name.startsWith("ThingSpace."))
      const listed = new Map(
        table("Spans").map(([name = "", kind, attributes = ""]) => [codes(name)[0], [kind, codes(attributes)]])
      )
      assert.sameMembers([...listed.keys()], [...new Set(own.map(({ name }) => name))])
      for (const { attributes, kind, name } of own)
        assert.deepStrictEqual(listed.get(name), [kind, [...attributes.keys()]])

      const measured = (yield* Metric.snapshot).filter(({ metricKey }) => metricKey.name.startsWith("thingspace."))
      const instruments = ["counter", "gauge", "histogram"]
      const metrics = table("Metrics").filter(([, instrument = ""]) => instruments.includes(instrument))
      assert.sameMembers(
        metrics.map(([name = ""]) => codes(name)[0]),
        [...new Set(measured.map(({ metricKey }) => metricKey.name))]
      )
      const values = new Map(table("Metrics").map(([attribute = "", of = ""]) => [codes(attribute)[0], codes(of)]))
      const seen = new Map<string, Set<string>>()
      for (const { metricKey, metricState } of measured) {
        const [, instrument, attributes = ""] = metrics.find(([name = ""]) => codes(name)[0] === metricKey.name) ?? []
        const is = {
          counter: MetricState.isCounterState(metricState),
          gauge: MetricState.isGaugeState(metricState),
          histogram: MetricState.isHistogramState(metricState)
        }
        assert.deepInclude(is, { [String(instrument)]: true })
        assert.sameMembers(
          [...codes(attributes)],
          metricKey.tags.map(({ key }) => key)
        )
        for (const { key, value } of metricKey.tags) seen.set(key, (seen.get(key) ?? new Set()).add(value))
      }
      for (const [attribute, set] of seen) assert.sameMembers([...(values.get(attribute) ?? [])], [...set])
      assert.sameMembers([...(values.get("thingspace.endpoint") ?? [])], [...AuthError.Endpoint.literals])
    })
  )

  it("lists what is logged, at its level", () => {
    const logged = sources.flatMap((file) =>
      [...read(file).matchAll(/Effect\.log(\w+)\(\s*["`]([^"`$]+)/g)].map(
        ([, level = "", text]) => `${level.toLowerCase()} ${text}`
      )
    )
    const listed = rows(page, "Logs")
      .slice(1)
      .map(([level, message = ""]) => `${level} ${(codes(message)[0] ?? "").replace(/#…$/, "")}`)
    assert.sameMembers(listed, logged)
  })
})
