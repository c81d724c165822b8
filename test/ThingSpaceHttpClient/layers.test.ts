import * as HttpApi from "@effect/platform/HttpApi"
import * as HttpApiClient from "@effect/platform/HttpApiClient"
import * as HttpApiEndpoint from "@effect/platform/HttpApiEndpoint"
import * as HttpApiGroup from "@effect/platform/HttpApiGroup"
import * as HttpApiSchema from "@effect/platform/HttpApiSchema"
import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigError from "effect/ConfigError"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as AuthError from "../../src/AuthError.js"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as Credentials from "../../src/Credentials.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as Rejection from "../../src/Rejection.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as pipeline from "../utils/pipeline.js"
import * as recorder from "../utils/recorder.js"

const { account, cost, logging, paths, received } = pipeline

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

describe("the options of every assembled layer", () => {
  const local = "http://localhost:8787"
  const beneath = ThingSpaceConfig.layer({ baseUrl: "https://beneath.example" })
  const credentials = Layer.merge(
    Credentials.layerApp(pipeline.credentials),
    Credentials.layerUws(pipeline.credentials)
  )
  const environment = Layer.setConfigProvider(
    ConfigProvider.fromJson({
      THINGSPACE_APP_KEY: "a",
      THINGSPACE_APP_SECRET: "b",
      THINGSPACE_UWS_USERNAME: "c",
      THINGSPACE_UWS_PASSWORD: "d",
      THINGSPACE_BASE_URL: "https://environment.example"
    })
  )
  const assembled = {
    layer: (options: ThingSpaceHttpClient.PipelineOptions) =>
      ThingSpaceHttpClient.layer({ ...pipeline.credentials, ...options }),
    layerFromCredentials: (options: ThingSpaceHttpClient.PipelineOptions) =>
      Layer.provide(ThingSpaceHttpClient.layerFromCredentials(options), credentials),
    layerConfig: (options: ThingSpaceHttpClient.PipelineOptions) =>
      Layer.provide(ThingSpaceHttpClient.layerConfig(options), environment)
  }
  const answer = recorder.json(200, { access_token: "a", token_type: "Bearer", sessionToken: "b" })
  const origins = (made: Layer.Layer<ThingSpaceHttpClient.Services, unknown, HttpClient.HttpClient>) => {
    const { layer, sent } = recorder.make(answer)
    return Effect.map(Effect.provide(get("/a"), Layer.provide(made, layer)), () => [
      ...new Set(sent.map(({ url }) => new URL(url).origin))
    ])
  }

  it.effect.each(Object.entries(assembled))("say where the platform is, before what stands beneath: %s", ([, made]) =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* origins(Layer.provide(made({ baseUrl: local }), beneath)), [local])
    })
  )

  it.effect("leave what they do not say to the ThingSpaceConfig beneath", () =>
    Effect.gen(function* () {
      const made = assembled.layer({ requestTimeout: "1 seconds" })
      assert.deepStrictEqual(yield* origins(Layer.provide(made, beneath)), ["https://beneath.example"])
      const elsewhere = new Map([["https://elsewhere.example", "vz-m2m-token"]] as const)
      const error = yield* Effect.flip(origins(Layer.provide(assembled.layer({ origins: elsewhere }), beneath)))
      assert.include(String(error), "baseUrl may not receive credentials")
    })
  )

  it.effect.each(Object.entries(assembled))("fail the layer with a ConfigError if they are unusable: %s", ([, made]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(origins(made({ baseUrl: "http://evil.example" })))
      assert.isTrue(ConfigError.isConfigError(error))
      assert.include(String(error), "baseUrl")
    })
  )

  it.effect("bound how long an authentication call may take", () =>
    Effect.gen(function* () {
      const { layer } = recorder.make(() => Effect.never)
      const made = Layer.provide(assembled.layer({ requestTimeout: "3 seconds" }), layer)
      const call = yield* Effect.fork(Effect.provide(Effect.flip(get("/a")), made))
      yield* TestClock.adjust("3 seconds")
      assert.deepInclude({ ...(yield* Fiber.join(call)) }, { _tag: "EndpointError", reason: "Timeout" })
    })
  )

  it.effect("bind the layer of a user to the platform of its tokens", () =>
    Effect.gen(function* () {
      const tokens = TokenSource.layer().pipe(
        Layer.provide(Layer.merge(OAuthClient.layer, credentials)),
        Layer.provide(ThingSpaceConfig.layer({ baseUrl: local }))
      )
      const user = Layer.provideMerge(ThingSpaceHttpClient.layerForUser(), tokens).pipe(Layer.provide(credentials))
      assert.deepStrictEqual(yield* origins(Layer.provide(user, beneath)), [local])
    })
  )
})

describe("what stands beside the pipeline, and was meant to stand beneath", () => {
  const { layer: transport, sent } = recorder.make(
    recorder.json(200, { access_token: "a", token_type: "Bearer", sessionToken: "b" })
  )
  const config = ThingSpaceConfig.layer({ baseUrl: "https://staging.example" })
  const store = Layer.provide(CredentialStore.layerKeyValueStore, KeyValueStore.layerMemory)
  const made = (options?: ThingSpaceHttpClient.PipelineOptions) =>
    Layer.provide(ThingSpaceHttpClient.layer({ ...pipeline.credentials, ...options }), transport)

  const besides: ReadonlyArray<readonly [string, Layer.Layer<never, ConfigError.ConfigError>]> = [
    ["ThingSpaceConfig", config],
    ["CredentialStore", store]
  ]
  it.effect.each(besides)("fails the call before anything is sent: a %s", ([name, beside]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(Effect.provide(get("/a"), Layer.merge(made(), beside)))
      assert.deepInclude({ ...error }, { _tag: "RequestError", reason: "Encode" })
      assert.include(String(error), `a ${name} stands beside this client`)
      assert.lengthOf(sent, 0)
    })
  )

  it.effect.each([
    ["is beneath as well", Layer.provideMerge(made(), Layer.merge(config, store))],
    [
      "says nothing else",
      Layer.merge(made(), ThingSpaceConfig.layer({ baseUrl: "https://thingspace.verizon.com", requestTimeout: 1 }))
    ],
    [
      "is another platform than the one that was said",
      Layer.merge(made({ baseUrl: "https://thingspace.verizon.com" }), config)
    ]
  ] as const)("is none if it %s", ([, layer]) =>
    Effect.gen(function* () {
      assert.strictEqual((yield* Effect.provide(get("/a"), layer)).status, 200)
    })
  )

  it.effect("is noticed also by a client over sources of the program's own", () =>
    Effect.gen(function* () {
      const { client } = recorder.make(recorder.answering(200))
      const own = ThingSpaceHttpClient.withSession(client, pipeline.ownSources())
      const error = yield* Effect.flip(Effect.provide(own.get("/a"), config))
      assert.include(String(error), "a ThingSpaceConfig stands beside this client")
    })
  )
})

describe("building a pipeline", () => {
  it.effect("is logged once, with its platform, its store and the user's fingerprint, not the user", () => {
    const log = logging()
    return Effect.gen(function* () {
      yield* theClient
      const lines = log.at("DEBUG").filter((line) => line.includes("pipeline"))
      assert.lengthOf(lines, 1)
      assert.match(lines[0] ?? "", /https:\/\/thingspace\.verizon\.com, without a store.*'user', '#[0-9a-f]{8}'/s)
      assert.notInclude(lines[0] ?? "", pipeline.credentials.username)
    }).pipe(Effect.provide(Layer.provideMerge(pipeline.layer(), log.layer)))
  })
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

  const throttled = '{"fault":{"code":"900800","message":"Message throttled out"}}'
  const forbidden = '{"fault":{"code":"900908","message":"Resource forbidden"}}'
  const foldings: ReadonlyArray<readonly [string, ThingSpaceEmulator.Fault, boolean]> = [
    ["EndpointError, a bare 503", ThingSpaceEmulator.answer(503), true],
    ["OAuthError, a gateway that throttles", ThingSpaceEmulator.answer(503, { body: throttled }), true],
    ["EndpointError, a page in place of the documented JSON", ThingSpaceEmulator.answer(200, { body: "<p>" }), false],
    ["EndpointError, a bare 404", ThingSpaceEmulator.answer(404), false],
    ["OAuthError, an application without permission", ThingSpaceEmulator.answer(403, { body: forbidden }), false]
  ]
  it.effect.each(foldings)("folds by AuthError.isTransient: %s", ([, fault, passes]) =>
    Effect.gen(function* () {
      const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
      const client = yield* HttpClient.HttpClient
      yield* emulator.failNext(fault, { path: paths.token })
      const error = yield* Effect.flip(client.get(account))
      assert.deepStrictEqual([error._tag, error.reason], ["RequestError", passes ? "Transport" : "Encode"])
      assert.strictEqual(AuthError.isTransient(error), passes)
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
