/** Parts that a program brings, and that fail in ways of their own, make nothing show a secret. */
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/TestClock"
import { AccessToken } from "../../src/AccessToken.js"
import { CredentialsError } from "../../src/AuthError.js"
import * as Credentials from "../../src/Credentials.js"
import * as Rejection from "../../src/Rejection.js"
import * as SessionSource from "../../src/SessionSource.js"
import { SessionToken } from "../../src/SessionToken.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account } from "../utils/pipeline.js"
import * as calls from "./calls.js"
import * as harness from "./harness.js"
import { label } from "./label.js"
import * as platform from "./platform.js"

const get = (path: string) => Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(path))

/** A call, and another after the session has idled out; each either succeeds or comes to an end. */
const callsThat = (first: Verb, later: Verb) =>
  Effect.gen(function* () {
    const call = get(account)
    const as = { end: harness.ends("call", calls.inTime(call)), succeed: harness.gets("call", call) }
    yield* as[first]
    yield* TestClock.adjust("25 minutes")
    yield* as[later]
  })

type Verb = "end" | "succeed"

const throws = (text: string) => (): never => {
  throw new Error(text)
}

const app = Credentials.layerApp(platform.app)
const uws = Credentials.layerUws(platform.user)
const pipeline = (options?: ThingSpaceHttpClient.PipelineOptions) =>
  Layer.orDie(ThingSpaceHttpClient.layerFromCredentials(options))

const broken = Effect.die(new Error("the vault is broken"))
const sealed = (credentials: "App" | "Uws") =>
  Effect.fail(new CredentialsError({ credentials, description: "the vault is sealed" }))

/** Gives the right credentials first, and then does not any more. */
const onceThen = <A>(value: A, then: Effect.Effect<A>): Effect.Effect<A> => {
  let asked = false
  return Effect.suspend(() => {
    if (asked) return then
    asked = true
    return Effect.succeed(value)
  })
}

const unsendable = Redacted.make("Uns3nd-Kf4Nb7Qs2Gz9Tj3\nUo5Lw8Vn9")
const ownToken = Redacted.make("Own-T0k3n-Kf4\"Nb7Qs2<Gz9>&Tj3'Uo5")
const ownSession = Redacted.make("Own-S3ss-Lw8\"Vn9Rt4<Hb6>&Jc1'Gv5")

const tokens = (get: TokenSource.Service["get"]) =>
  Layer.succeed(TokenSource.TokenSource, {
    get,
    invalidate: () => Effect.void,
    revoke: Effect.void,
    platform: ThingSpaceConfig.ThingSpaceConfig.defaultValue()
  })

const sessions = (get: SessionSource.Service["get"]) =>
  Layer.succeed(SessionSource.SessionSource, {
    get,
    used: () => Effect.void,
    invalidate: () => Effect.void,
    logout: Effect.void
  })

const token = (secret: Redacted.Redacted) =>
  tokens(Effect.sync(() => new AccessToken({ secret, expiresAt: Option.none() })))
const session = (secret: Redacted.Redacted) => sessions(Effect.sync(() => new SessionToken({ secret })))

const fromSources = (...sources: [Layer.Layer<TokenSource.TokenSource>, Layer.Layer<SessionSource.SessionSource>]) =>
  Layer.provide(ThingSpaceHttpClient.layerFromSources, Layer.merge(...sources))

type Client = Layer.Layer<ThingSpaceHttpClient.ThingSpaceHttpClient, never, HttpClient.HttpClient>

interface Parts {
  readonly verb: Verb
  /** After the session has idled out, if not the same. */
  readonly later?: Verb
  readonly client: Client
}

const transport = (client: HttpClient.HttpClient) => Layer.succeed(HttpClient.HttpClient, client)

const cases: Readonly<Record<string, Parts>> = {
  "a source of application credentials that dies": {
    verb: "end",
    client: Layer.provide(pipeline(), Layer.merge(Credentials.layerAppEffect(broken), uws))
  },
  "a source of user credentials that dies": {
    verb: "end",
    client: Layer.provide(pipeline(), Layer.merge(app, Credentials.layerUwsEffect(broken)))
  },
  "a source of user credentials that dies when it is asked again": {
    verb: "succeed",
    later: "end",
    client: Layer.provide(pipeline(), Layer.merge(app, Credentials.layerUwsEffect(onceThen(platform.user, broken))))
  },
  "a sealed vault of application credentials": {
    verb: "end",
    client: Layer.provide(pipeline(), Layer.merge(Credentials.layerAppEffect(sealed("App")), uws))
  },
  "a sealed vault of user credentials": {
    verb: "end",
    client: Layer.provide(pipeline(), Layer.merge(app, Credentials.layerUwsEffect(sealed("Uws"))))
  },
  "a vault that never answers": {
    verb: "end",
    client: Layer.provide(pipeline(), Layer.merge(app, Credentials.layerUwsEffect(Effect.never)))
  },
  "a schedule that throws": {
    verb: "succeed",
    client: Layer.provide(
      pipeline({ relogin: Schedule.map(SessionSource.onIdleExpiry, throws("the schedule is broken")) }),
      Layer.merge(app, uws)
    )
  },
  "a transport that dies": {
    verb: "end",
    client: Layer.provide(
      Layer.provide(pipeline(), Layer.merge(app, uws)),
      transport(HttpClient.make(() => Effect.die(new Error("the transport is broken"))))
    )
  },
  "a transport that never answers": {
    verb: "end",
    client: Layer.provide(
      Layer.provide(pipeline(), Layer.merge(app, uws)),
      transport(HttpClient.make(() => Effect.never))
    )
  },
  "a token of its own that no header can carry": {
    verb: "end",
    client: fromSources(token(unsendable), session(ownSession))
  },
  "a session of its own that no header can carry": {
    verb: "end",
    client: fromSources(token(ownToken), session(unsendable))
  },
  "sources of its own": { verb: "succeed", client: fromSources(token(ownToken), session(ownSession)) },
  "a source of its own that dies": {
    verb: "end",
    client: fromSources(tokens(Effect.die(new Error("the source is broken"))), session(ownSession))
  },
  "static sources": {
    verb: "succeed",
    client: fromSources(TokenSource.layerStatic(ownToken), SessionSource.layerStatic(ownSession))
  },
  "static sources of what no header can carry": {
    verb: "end",
    client: fromSources(TokenSource.layerStatic(unsendable), SessionSource.layerStatic(unsendable))
  }
}

const marks = [unsendable, ownToken, ownSession].map((secret) => ({
  name: "own token",
  secret: Redacted.value(secret)
}))

describe("nothing shows a secret of a program that brings", () => {
  it.effect.each(Object.entries(cases))("%s", ([, { client, verb, later = verb }]) =>
    harness.showsNothing(
      Effect.gen(function* () {
        const { mark } = yield* harness.Watch
        mark(marks)
        yield* callsThat(verb, later)
      }).pipe(Effect.provide(Layer.provideMerge(client, platform.layer())))
    )
  )

  it.effect("a classifier that throws what it was given", () =>
    harness.showsNothing(
      Effect.gen(function* () {
        const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
        yield* harness.gets("response", get(account))
        yield* emulator.revokeAll
        const cause = yield* harness.ends("call", get(account))
        assert.strictEqual(cause._tag, "Die")
      }).pipe(
        Effect.provide(platform.pipeline()),
        Effect.provideService(Rejection.Classifier, (status, body) => throws(`${status} ${body}`)())
      )
    )
  )

  it.effect("a plain client, whose errors wrap those of authentication", () =>
    harness.showsNothing(
      Effect.gen(function* () {
        const client = yield* HttpClient.HttpClient
        const error = yield* harness.fails("call", HttpClient.retryTransient(client, { times: 2 }).get(account))
        assert.strictEqual(label(error), "RequestError Encode")
      }).pipe(
        Effect.provide(
          Layer.provideMerge(ThingSpaceHttpClient.layerHttpClient, platform.pipeline({ options: { secret: ownToken } }))
        )
      )
    )
  )
})

const environment = {
  THINGSPACE_APP_KEY: platform.secrets.key,
  THINGSPACE_APP_SECRET: platform.secrets.secret,
  THINGSPACE_UWS_USERNAME: platform.username,
  THINGSPACE_UWS_PASSWORD: platform.secrets.password
}

const urlPassword = "Url-Pw0rd-Kf4Nb7Qs2Gz9"

describe("nothing shows a secret from an environment", () => {
  const built = (variables: Readonly<Record<string, string>>) =>
    Effect.gen(function* () {
      const { mark } = yield* harness.Watch
      mark([{ name: "password of the URL", secret: urlPassword }])
      const pairs = Object.entries(variables)
      const layer = ThingSpaceHttpClient.layerConfig().pipe(
        Layer.provideMerge(platform.layer()),
        Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(new Map(pairs))))
      )
      const context = yield* Layer.build(layer)
      yield* harness.gets("response", Effect.provide(get(account), context))
      return context
    }).pipe(Effect.scoped)

  it.effect("that is complete", () => harness.showsNothing(Effect.asVoid(built(environment))))

  it.effect.each(Object.keys(environment))("that lacks %s", (name) =>
    harness.showsNothing(harness.fails("building", built({ ...environment, [name]: " " })))
  )

  it.effect.each([
    `https://somebody:${urlPassword}@thingspace.verizon.com`,
    `http://${urlPassword}.test`,
    `https://thingspace.verizon.com?password=${urlPassword}`,
    `not a URL ${urlPassword}`
  ])("whose address is %s", (address) =>
    harness.showsNothing(harness.fails("building", built({ ...environment, THINGSPACE_BASE_URL: address })))
  )
})
