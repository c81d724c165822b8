import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Rejection from "../../src/Rejection.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as pipeline from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"

const { account, cost, paths, received } = pipeline

const theClient = ThingSpaceHttpClient.ThingSpaceHttpClient
const get = (path: string) => Effect.flatMap(theClient, (client) => client.get(path))

const users = { alice: "of alice", bob: "of bob" }
const as = (username: keyof typeof users) => ({
  ...pipeline.credentials,
  username,
  password: Redacted.make(users[username])
})

const usernames = Effect.map(received(paths.login), (all) =>
  all.map(({ body }) => Object.entries(users).find(([name]) => body.includes(name))?.[0]).sort()
)

class Alice extends Context.Tag("test/Alice")<Alice, Context.Tag.Service<typeof theClient>>() {}
class Bob extends Context.Tag("test/Bob")<Bob, Context.Tag.Service<typeof theClient>>() {}

describe("layer", () => {
  it.effect("is one set of credentials, wherever it is provided in a program", () => {
    const alice = ThingSpaceHttpClient.layer(as("alice"))
    const both = Layer.merge(Layer.effect(Alice, theClient), Layer.effect(Bob, theClient))
    return Effect.gen(function* () {
      yield* (yield* Alice).get(account)
      yield* (yield* Bob).get(account)
      assert.deepStrictEqual(yield* usernames, ["alice"])
    }).pipe(Effect.provide(both.pipe(Layer.provide(alice), Layer.provideMerge(ThingSpaceEmulator.layer({ users })))))
  })

  it.effect("called twice is two sets of credentials, also in one program", () => {
    const alice = Layer.provide(Layer.effect(Alice, theClient), ThingSpaceHttpClient.layer(as("alice")))
    const bob = Layer.provide(Layer.effect(Bob, theClient), ThingSpaceHttpClient.layer(as("bob")))
    return Effect.gen(function* () {
      yield* (yield* Alice).get(account)
      yield* (yield* Bob).get(account)
      assert.deepStrictEqual(yield* usernames, ["alice", "bob"])
    }).pipe(Effect.provide(Layer.merge(alice, bob).pipe(Layer.provideMerge(ThingSpaceEmulator.layer({ users })))))
  })

  it.effect("called twice locks neither user for the other's password", () => {
    const wrong = { ...as("alice"), password: Redacted.make("wrong") }
    const alice = Layer.provide(Layer.effect(Alice, theClient), ThingSpaceHttpClient.layer(wrong))
    const bob = Layer.provide(Layer.effect(Bob, theClient), ThingSpaceHttpClient.layer(as("bob")))
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip((yield* Alice).get(account)))._tag, "SessionError")
      assert.strictEqual((yield* (yield* Bob).get(account)).status, 200)
    }).pipe(Effect.provide(Layer.merge(alice, bob).pipe(Layer.provideMerge(ThingSpaceEmulator.layer({ users })))))
  })

  it.effect("sends nothing before the first call", () =>
    Effect.gen(function* () {
      yield* theClient
      assert.deepStrictEqual(yield* cost, { tokens: 0, logins: 0 })
    }).pipe(Effect.provide(pipeline.layer()))
  )

  it.effect("uses the classifier of the program", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      yield* get(account)
      yield* emulator.failNext(ThingSpaceEmulator.answer(418), { path: account })
      assert.strictEqual((yield* get(account)).status, 200)
      assert.strictEqual((yield* cost).logins, 2)
    }).pipe(
      Effect.provide(pipeline.layer()),
      Effect.provideService(Rejection.Classifier, (status) => (status === 418 ? "SessionToken" : "None"))
    )
  )
})

describe("layerConfig", () => {
  const complete: ReadonlyArray<readonly [string, string]> = [
    ["THINGSPACE_APP_KEY", ThingSpaceEmulator.defaults.appKey],
    ["THINGSPACE_APP_SECRET", ThingSpaceEmulator.defaults.appSecret],
    ["THINGSPACE_UWS_USERNAME", ThingSpaceEmulator.defaults.username],
    ["THINGSPACE_UWS_PASSWORD", ThingSpaceEmulator.defaults.password]
  ]
  const from = <A, E>(
    variables: ReadonlyArray<readonly [string, string]>,
    effect: Effect.Effect<
      A,
      E,
      Layer.Layer.Success<ReturnType<typeof ThingSpaceHttpClient.layerConfig>> | ThingSpaceEmulator.ThingSpaceEmulator
    >
  ) =>
    effect.pipe(
      Effect.provide(Layer.provideMerge(ThingSpaceHttpClient.layerConfig(), ThingSpaceEmulator.layer())),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map(variables)))
    )

  it.effect("reads the four variables", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* from(complete, get(account))).status, 200)
    })
  )

  it.effect("sends to the address in THINGSPACE_BASE_URL, and there only", () =>
    Effect.gen(function* () {
      const urls = Effect.gen(function* () {
        const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
        yield* get(account)
        const error = yield* Effect.flip(get("https://thingspace.verizon.com/api"))
        assert.strictEqual(error._tag, "RequestError")
        return (yield* emulator.exchanges).map(({ url }) => new URL(url).origin)
      })
      const seen = yield* from([...complete, ["THINGSPACE_BASE_URL", "http://localhost:8787/"]], urls)
      assert.deepStrictEqual([...new Set(seen)], ["http://localhost:8787"])
    })
  )

  it.effect("called twice with two environments is two sets of credentials, also in one program", () => {
    const of = (name: keyof typeof users) => {
      const variables = new Map(complete)
      variables.set("THINGSPACE_UWS_USERNAME", name).set("THINGSPACE_UWS_PASSWORD", users[name])
      const provider = Layer.setConfigProvider(ConfigProvider.fromMap(variables))
      return Layer.provide(ThingSpaceHttpClient.layerConfig(), provider)
    }
    const both = Layer.merge(
      Layer.provide(Layer.effect(Alice, theClient), of("alice")),
      Layer.provide(Layer.effect(Bob, theClient), of("bob"))
    )
    return Effect.gen(function* () {
      yield* (yield* Alice).get(account)
      yield* (yield* Bob).get(account)
      assert.deepStrictEqual(yield* usernames, ["alice", "bob"])
    }).pipe(Effect.provide(both.pipe(Layer.provideMerge(ThingSpaceEmulator.layer({ users })))))
  })

  it.effect.each(complete)("names %s where it is missing or empty, and sends nothing", ([name]) =>
    Effect.gen(function* () {
      const { layer, sent } = recorder.make(recorder.answering(200))
      const others = complete.filter(([other]) => other !== name)
      for (const variables of [new Map(others), new Map([...others, [name, ""]]), new Map([...others, [name, " "]])]) {
        const error = yield* get(account).pipe(
          Effect.provide(Layer.provide(ThingSpaceHttpClient.layerConfig(), layer)),
          Effect.withConfigProvider(ConfigProvider.fromMap(variables)),
          Effect.flip
        )
        assert.include(String(error), name)
      }
      assert.lengthOf(sent, 0)
    })
  )

  it.effect.each([
    "http://evil.example",
    "ftp://localhost",
    "https://user:pass@thingspace.verizon.com",
    "thingspace",
    ""
  ])("names THINGSPACE_BASE_URL where it is %j, and sends nothing", (url) =>
    Effect.gen(function* () {
      const { layer, sent } = recorder.make(recorder.answering(200))
      const error = yield* get(account).pipe(
        Effect.provide(Layer.provide(ThingSpaceHttpClient.layerConfig(), layer)),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([...complete, ["THINGSPACE_BASE_URL", url]]))),
        Effect.flip
      )
      assert.include(String(error), "THINGSPACE_BASE_URL")
      assert.lengthOf(sent, 0)
    })
  )
})

describe("layerFromSources", () => {
  it.effect("works with the simulator's test token and any session", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get("/api/m2m/v1/accounts/TestAccount-1")).status, 200)
      assert.deepStrictEqual(yield* cost, { tokens: 0, logins: 0 })
    }).pipe(
      Effect.provide(
        ThingSpaceHttpClient.layerFromSources.pipe(
          Layer.provide(TokenSource.layerStatic(Redacted.make(ThingSpaceEmulator.defaults.simulatorToken))),
          Layer.provide(SessionSource.layerStatic(Redacted.make("any"))),
          Layer.provideMerge(ThingSpaceEmulator.layer())
        )
      )
    )
  )

  it.effect("hands on the refusal of static credentials after one request", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* get(account)).status, 401)
      assert.lengthOf(yield* received(account), 1)
    }).pipe(
      Effect.provide(
        ThingSpaceHttpClient.layerFromSources.pipe(
          Layer.provide(TokenSource.layerStatic(Redacted.make("expired"))),
          Layer.provide(SessionSource.layerStatic(Redacted.make("any"))),
          Layer.provideMerge(ThingSpaceEmulator.layer())
        )
      )
    )
  )

  it.effect("works with sources that a program has written, under the program's settings", () =>
    Effect.gen(function* () {
      const { layer, sent } = recorder.make(recorder.answering(200))
      const { sessions, tokens } = pipeline.ownSources()
      const own = ThingSpaceHttpClient.layerFromSources.pipe(
        Layer.provide(Layer.succeed(TokenSource.TokenSource, tokens)),
        Layer.provide(Layer.succeed(SessionSource.SessionSource, sessions)),
        Layer.provide(Layer.merge(layer, ThingSpaceConfig.layer({ baseUrl: "https://staging.example/v" })))
      )
      yield* Effect.provide(get("/a"), own)
      assert.strictEqual(sent[0]?.url, "https://staging.example/v/a")
      assert.strictEqual(sent[0]?.headers["vz-m2m-token"], "session-1")
    })
  )
})

describe("layerHttpClient", () => {
  const plain = (options?: Partial<ThingSpaceHttpClient.Options>) =>
    ThingSpaceHttpClient.layerHttpClient.pipe(Layer.provideMerge(pipeline.layer(options)))

  it.effect("is the authenticated client under the plain tag", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      assert.strictEqual((yield* client.get(account)).status, 200)
    }).pipe(Effect.provide(plain()))
  )

  it.effect("folds an AuthError into a RequestError whose cause it is", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const error = yield* Effect.flip(client.get(account))
      if (error._tag !== "RequestError") return assert.fail(error._tag)
      assert.strictEqual(error.reason, "Encode")
      assert.propertyVal(error.cause, "_tag", "SessionError")
      assert.notInclude(JSON.stringify(error) + error.message, "a wrong password")
    }).pipe(Effect.provide(plain({ password: Redacted.make("a wrong password") })))
  )

  it.effect("folds an EndpointError, which may pass, into one that can be tried again", () =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const client = yield* HttpClient.HttpClient
      yield* emulator.failNext(ThingSpaceEmulator.answer(503), { path: paths.token })
      const error = yield* Effect.flip(client.get(account))
      assert.deepStrictEqual([error._tag, error.reason], ["RequestError", "Transport"])
    }).pipe(Effect.provide(plain()))
  )

  it.effect("leaves the client's own errors as they are", () =>
    Effect.gen(function* () {
      const client = yield* HttpClient.HttpClient
      const error = yield* Effect.flip(client.get("https://evil.example/"))
      assert.strictEqual(error.reason, "InvalidUrl")
    }).pipe(Effect.provide(plain()))
  )

  it.effect("serves an HttpApiClient, renewals included", () => {
    const Account = HttpApiEndpoint.get(
      "account"
    )`/api/m2m/v1/accounts/${HttpApiSchema.param("name", Schema.String)}`.addSuccess(
      Schema.Struct({ accountName: Schema.String })
    )
    const api = HttpApi.make("thingspace").add(HttpApiGroup.make("accounts").add(Account))
    return Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const client = yield* HttpApiClient.make(api)
      const name = ThingSpaceEmulator.defaults.account
      const call = client.accounts.account({ path: { name } })
      assert.strictEqual((yield* call).accountName, name)
      yield* emulator.endSessions
      assert.strictEqual((yield* call).accountName, name)
    }).pipe(Effect.provide(plain()))
  })
})
