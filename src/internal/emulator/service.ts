import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { Exchange, Service } from "../../ThingSpaceEmulator.js"
import * as Fault from "./fault.js"
import { settings as makeSettings, type Options, type Settings } from "./options.js"
import * as Platform from "./platform.js"
import * as State from "./state.js"
import type { Answer, Receive, Reply, Request } from "./wire.js"

interface World {
  readonly state: State.State
  readonly faults: ReadonlyArray<Fault.Pending>
  readonly exchanges: Chunk.Chunk<Exchange>
}

const substitute = (fault: Fault.Fault & { readonly _tag: "Answer" }): Answer => ({
  status: fault.status,
  headers: {
    "content-type": "application/json",
    ...Object.fromEntries(Object.entries(fault.headers).map(([name, value]) => [name.toLowerCase(), value]))
  },
  cookies: [],
  body: fault.body
})

const act = (
  settings: Settings,
  request: Request,
  fault: Fault.Fault | undefined,
  state: State.State,
  now: number
): readonly [Answer | undefined, State.State] => {
  switch (fault?._tag) {
    case "Answer":
      return [substitute(fault), state]
    case "Hang":
    case "LostRequest":
      return [undefined, state]
    default:
      return Platform.handle(settings, request, state, now)
  }
}

/** Everything that one request does, in one step. */
const step = (settings: Settings, request: Request, now: number) => (world: World) => {
  const [fault, faults] = Fault.take(world.faults, request.path)
  const [answer, state] = act(settings, request, fault, world.state, now)
  const exchange: Exchange = {
    at: now,
    method: request.method,
    url: request.url,
    path: request.path,
    headers: request.headers,
    body: request.text,
    status: answer?.status,
    response: answer?.body ?? "",
    fault: fault?._tag
  }
  return [
    { answer, exchange, fault },
    { state, faults, exchanges: Chunk.append(world.exchanges, exchange) }
  ] as const
}

const arrival = (fault: Fault.Fault | undefined): Reply["arrives"] => {
  switch (fault?._tag) {
    case "Truncated":
      return "half"
    case "LostRequest":
    case "LostResponse":
      return "not at all"
    default:
      return "whole"
  }
}

const travel = (time: Duration.Duration) =>
  Duration.greaterThan(time, Duration.zero) ? Effect.sleep(time) : Effect.void

/** Builds the emulated platform; requests that hang are let go when the scope closes, so that a server can close too. */
export const make = (options?: Options): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const settings = makeSettings(options)
    const seed = yield* Random.nextIntBetween(0, 0x7fffffff)
    const world = yield* Ref.make<World>({
      state: State.initial(settings, seed),
      faults: [],
      exchanges: Chunk.empty()
    })
    const requests = yield* Ref.make(0)
    const published = yield* PubSub.unbounded<Exchange>()

    const closed = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() => Deferred.succeed(closed, undefined))

    const update = (f: (state: State.State) => State.State) =>
      Ref.update(world, (self) => ({ ...self, state: f(self.state) }))
    const look = <A>(f: (state: State.State, now: number) => A) =>
      Effect.zipWith(Ref.get(world), Clock.currentTimeMillis, ({ state }, now) => f(state, now))

    const receive: Receive = (request) =>
      Effect.gen(function* () {
        const n = yield* Ref.updateAndGet(requests, (n) => n + 1)
        yield* travel(settings.requestLatency(n, request.path))
        const now = yield* Clock.currentTimeMillis
        const { answer, fault } = yield* Ref.modify(world, step(settings, request, now)).pipe(
          Effect.tap(({ exchange }) => PubSub.publish(published, exchange)),
          Effect.uninterruptible
        )
        if (fault?._tag === "Hang") {
          yield* Deferred.await(closed)
          return { answer, arrives: "not at all" }
        }
        yield* travel(settings.responseLatency(n, request.path))
        return { answer, arrives: arrival(fault) }
      })

    return {
      exchanges: Effect.map(Ref.get(world), ({ exchanges }) => Chunk.toReadonlyArray(exchanges)),
      subscribe: PubSub.subscribe(published),
      clearExchanges: Ref.update(world, (self) => ({ ...self, exchanges: Chunk.empty() })),
      failNext: (fault, { path = "", times = 1 } = {}) =>
        times < 1
          ? Effect.void
          : Ref.update(world, (self) => ({ ...self, faults: [...self.faults, { fault, path, times }] })),
      clearFaults: Ref.update(world, (self) => ({ ...self, faults: [] })),
      revokeAll: update((state) => ({ ...state, token: Option.none() })),
      endSessions: update(State.expireSessions),
      lockedUsers: look(State.lockedUsers),
      changePassword: (username, password) =>
        update((state) => State.unlock(State.setPassword(state, username, password), username)),
      currentToken: look((state, now) => Option.map(State.token(state, now), ({ value }) => value)),
      liveSessions: look((state, now) => State.liveSessions(settings, state, now)),
      receive
    }
  })
