import { createServer } from "node:http"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Random from "effect/Random"
import * as Schedule from "effect/Schedule"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as ThingSpaceTransport from "../../src/ThingSpaceTransport.js"
import * as virtualClock from "../simulation/virtualClock.js"
import { account, credentials, layer, paths } from "../utils/pipeline.js"

export const emulator = ThingSpaceEmulator.ThingSpaceEmulator

/** Where the emulator listens. */
export const baseUrl = HttpServer.addressWith((address) =>
  address._tag === "TcpAddress"
    ? Effect.succeed(`http://127.0.0.1:${address.port}`)
    : Effect.dieMessage("the server has no port")
)

/** The emulated platform on a free port of this machine. */
export const server = (options?: ThingSpaceEmulator.Options) =>
  Layer.provideMerge(
    ThingSpaceEmulator.serve(options),
    NodeHttpServer.layer(createServer, { port: 0, host: "127.0.0.1" })
  )

interface Sockets {
  readonly platform?: ThingSpaceEmulator.Options
  readonly transport?: Layer.Layer<HttpClient.HttpClient>
}

/** The whole pipeline, and the platform that it reaches over real sockets. */
export const overSockets = (options?: Partial<ThingSpaceHttpClient.Options>, sockets: Sockets = {}) =>
  Layer.unwrapEffect(
    Effect.map(baseUrl, (url) => ThingSpaceHttpClient.layer({ ...credentials, baseUrl: url, ...options }))
  ).pipe(
    Layer.orDie,
    Layer.provide(sockets.transport ?? ThingSpaceTransport.layer),
    Layer.provideMerge(server(sockets.platform))
  )

/** One call, its answer read; its status. */
export const get = (path: string) =>
  Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(path)).pipe(
    Effect.flatMap((response) => Effect.as(response.text, response.status))
  )

export const call = get(account)

/** One call that brings 200, or fails. */
export const success = Effect.filterOrFail(
  call,
  (status) => status === 200,
  (status) => `answered ${status}`
)

/** Calls until one succeeds; how many seconds after `trouble` that was. */
export const firstSuccess = (trouble: Duration.DurationInput, every: Duration.DurationInput = "250 millis") =>
  Effect.gen(function* () {
    const began = yield* Clock.currentTimeMillis
    yield* Effect.retry(success, Schedule.spaced(every))
    const now = yield* Clock.currentTimeMillis
    return (now - began - Duration.toMillis(trouble)) / 1000
  })

/** Calls again and again, one call after the other, for as long as this; what became of each. */
export const callsFor = <A, E, R>(
  one: Effect.Effect<A, E, R>,
  lasts: Duration.DurationInput,
  every: Duration.DurationInput
): Effect.Effect<ReadonlyArray<Exit.Exit<A, E>>, never, R> =>
  Effect.gen(function* () {
    const ends = (yield* Clock.currentTimeMillis) + Duration.toMillis(lasts)
    const exits: Array<Exit.Exit<A, E>> = []
    while ((yield* Clock.currentTimeMillis) < ends) {
      exits.push(yield* Effect.exit(one))
      yield* Effect.sleep(every)
    }
    return exits
  })

/** Runs a program with the emulator in memory, in time that passes as fast as fibers allow; a seed always jitters alike. */
export const inVirtualTime = <A, E>(
  lasts: Duration.DurationInput,
  program: Effect.Effect<
    A,
    E,
    ThingSpaceHttpClient.Services | ThingSpaceEmulator.ThingSpaceEmulator | HttpClient.HttpClient
  >,
  seed = 1
): Effect.Effect<A, E> =>
  Effect.suspend(() => {
    const { advance, steady } = virtualClock.make()
    return Effect.fork(Effect.provide(program, layer())).pipe(
      Effect.flatMap((fiber) => Effect.zipRight(advance(Duration.toMillis(lasts)), Fiber.join(fiber))),
      Effect.withClock(steady),
      Effect.withRandom(Random.make(seed))
    )
  })

/** What the platform has received on a path. */
export const received = (path: string) =>
  Effect.flatMap(emulator, ({ exchanges }) =>
    Effect.map(exchanges, (all) => all.filter((exchange) => exchange.path === path))
  )

export const count = (path: string) => Effect.map(received(path), ({ length }) => length)

/** How often the platform has been asked for each credential. */
export const cost = Effect.all({ tokens: count(paths.token), logins: count(paths.login) })
