/** No object that a program can hold shows a secret: services, layers, effects, fibers and their ends. */
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Queue from "effect/Queue"
import * as Supervisor from "effect/Supervisor"
import * as AuthError from "../../src/AuthError.js"
import * as Credentials from "../../src/Credentials.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceConfig from "../../src/ThingSpaceConfig.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import { account, paths } from "../utils/pipeline.js"
import * as harness from "./harness.js"
import * as platform from "./platform.js"

const get = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

/** Every service that a program can hold, with the credentials that it holds. */
const everything = Layer.mergeAll(OAuthClient.layer, SessionClient.layer).pipe(
  Layer.provideMerge(ThingSpaceHttpClient.layerFromCredentials()),
  Layer.provideMerge(Layer.merge(Credentials.layerApp(platform.app), Credentials.layerUws(platform.user))),
  Layer.provideMerge(platform.layer())
)

const services = {
  ThingSpaceHttpClient: ThingSpaceHttpClient.ThingSpaceHttpClient,
  TokenSource: TokenSource.TokenSource,
  SessionSource: SessionSource.SessionSource,
  LoginGuard: LoginGuard.LoginGuard,
  OAuthClient: OAuthClient.OAuthClient,
  SessionClient: SessionClient.SessionClient,
  AppCredentials: Credentials.AppCredentials,
  UwsCredentials: Credentials.UwsCredentials,
  ThingSpaceEmulator: ThingSpaceEmulator.ThingSpaceEmulator,
  HttpClient: HttpClient.HttpClient
} as const

type Services = Layer.Layer.Success<typeof everything>

const vault = Effect.succeed(platform.user)

const layers: Readonly<Record<string, unknown>> = {
  "the whole pipeline": ThingSpaceHttpClient.layer({ ...platform.app, ...platform.user }),
  "the pipeline from the environment": ThingSpaceHttpClient.layerConfig().pipe(
    Layer.provide(
      Layer.setConfigProvider(
        ConfigProvider.fromMap(
          new Map([
            ["THINGSPACE_APP_SECRET", platform.secrets.secret],
            ["THINGSPACE_UWS_PASSWORD", platform.secrets.password]
          ])
        )
      )
    )
  ),
  "application credentials": Credentials.layerApp(platform.app),
  "user credentials": Credentials.layerUws(platform.user),
  "application credentials from an effect": Credentials.layerAppEffect(Effect.succeed(platform.app)),
  "user credentials from an effect": Credentials.layerUwsEffect(vault),
  "a static token": TokenSource.layerStatic(platform.app.secret),
  "a static session": SessionSource.layerStatic(platform.user.password)
}

/** Sees how every fiber ends, as a program does that watches over its fibers. */
class Witness extends Supervisor.AbstractSupervisor<void> {
  readonly exits: Array<Exit.Exit<unknown, unknown>> = []
  override readonly value = Effect.void

  override onEnd<A, E>(exit: Exit.Exit<A, E>): void {
    this.exits.push(exit)
  }
}

const held = (check: Effect.Effect<unknown, unknown, Services | harness.Watch>) =>
  harness.showsNothing(Effect.provide(Effect.zipRight(get, check), everything))

describe("nothing shows a secret in", () => {
  it.effect.each(Object.entries(services))("%s, while it holds credentials", ([name, tag]) =>
    held(Effect.flatMap(Effect.context<Services>(), (context) => harness.holds(name, context.unsafeMap.get(tag.key))))
  )

  it.effect("the access token and the session", () =>
    held(
      Effect.gen(function* () {
        yield* harness.gets(
          "token",
          Effect.flatMap(TokenSource.TokenSource, ({ get }) => get)
        )
        yield* harness.gets(
          "session",
          Effect.flatMap(SessionSource.SessionSource, ({ get }) => get)
        )
        yield* harness.gets("credentials", Effect.flatten(Credentials.AppCredentials))
        yield* harness.gets("credentials", Effect.flatten(Credentials.UwsCredentials))
      })
    )
  )

  it.effect("the context, the runtime and the references of a fiber", () =>
    held(
      Effect.gen(function* () {
        yield* harness.holds("context", yield* Effect.context<Services>())
        yield* harness.holds("runtime", yield* Effect.runtime<Services>())
        yield* harness.holds("references", yield* Effect.getFiberRefs)
      })
    )
  )

  it.effect.each(Object.entries(layers))("the layer of %s", ([name, layer]) => held(harness.holds(name, layer)))

  it.effect("a layer, the map of layers and the scope that it is built into", () =>
    harness.showsNothing(
      Effect.gen(function* () {
        const watch = yield* harness.Watch
        const given = Layer.provide(everything, Layer.succeed(harness.Watch, watch))
        const runtime = ManagedRuntime.make(given)
        yield* harness.holds("layer", given)
        yield* harness.gets("response", Effect.provide(get, yield* runtime.runtimeEffect))
        yield* harness.holds("runtime", runtime)
        yield* harness.holds("map", runtime.memoMap)
        yield* runtime.disposeEffect
        yield* harness.holds("runtime", runtime)
      })
    )
  )

  it.effect.each(AuthError.Endpoint.literals)("the effect of %s, before it is run", (endpoint) =>
    held(
      Effect.gen(function* () {
        const oauth = yield* OAuthClient.OAuthClient
        const session = yield* SessionClient.SessionClient
        const access = yield* Effect.flatMap(TokenSource.TokenSource, ({ get }) => get)
        const current = yield* Effect.flatMap(SessionSource.SessionSource, ({ get }) => get)
        const effects = {
          requestToken: oauth.requestToken(platform.app),
          revokeToken: oauth.revokeToken(platform.app, access),
          login: session.login(access, platform.user),
          logout: session.logout(access, current),
          resetPassword: session.resetPassword(access, current, platform.user.password)
        }
        yield* harness.holds(endpoint, effects[endpoint])
      })
    )
  )

  it.effect("the effect of a request, before it is run", () =>
    held(
      Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
        harness.holds("request", client.get(account))
      )
    )
  )

  it.effect("the configuration", () =>
    held(harness.holds("configuration", ThingSpaceConfig.make({ baseUrl: "https://thingspace.verizon.com" })))
  )

  it.effect.each([paths.token, paths.login, account])("the fibers while a request to %s is under way", (path) =>
    harness.showsNothing(
      Effect.gen(function* () {
        const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
        const arrivals = yield* emulator.subscribe
        yield* emulator.failNext(ThingSpaceEmulator.hang, { path })
        const fiber = yield* Effect.fork(get)
        yield* Effect.repeat(Queue.take(arrivals), { until: (exchange) => exchange.path === path })
        yield* harness.holds("fiber", fiber)
        yield* harness.gets("dump", Fiber.dump(fiber))
        for (const root of yield* Fiber.roots) yield* harness.holds("root", root)
        yield* Fiber.interrupt(fiber)
        yield* harness.holds("fiber", fiber)
      }).pipe(Effect.scoped, Effect.provide(everything))
    )
  )

  it.effect("the ends of all fibers, those that acquire and end credentials included", () => {
    const witness = new Witness()
    return harness.showsNothing(
      Effect.gen(function* () {
        yield* Effect.provide(get, Layer.provideMerge(everything, Supervisor.addSupervisor(witness)))
        assert.isNotEmpty(witness.exits)
        for (const exit of witness.exits) yield* harness.holds("exit", exit)
      })
    )
  })
})
