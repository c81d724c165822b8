import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as PubSub from "effect/PubSub"
import type * as Queue from "effect/Queue"
import * as Random from "effect/Random"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { Device } from "./device.js"
import type { Exchange, PendingRequest } from "./exchange.js"
import type { Fault } from "./fault.js"
import type { Options } from "./options.js"
import * as Outcome from "./outcome.js"
import * as PendingFault from "./pendingFault.js"
import { contradiction, devices as knownDevices, settings as makeSettings, type Settings } from "./settings.js"
import * as State from "./state.js"
import type { Receive, Request } from "./wire.js"

/**
 * What a test or a demonstration can see of the platform, and do to it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Every request so far, in the order in which the platform received them. */
  readonly exchanges: Effect.Effect<ReadonlyArray<Exchange>>
  /** Hands over every request from now on, for as long as the scope is open. */
  readonly subscribe: Effect.Effect<Queue.Dequeue<Exchange>, never, Scope.Scope>
  /** Forgets the exchanges so far. */
  readonly clearExchanges: Effect.Effect<void>
  /** The requests that have been sent and not yet answered, oldest first; a request that hangs stays until it is given up. */
  readonly pending: Effect.Effect<ReadonlyArray<PendingRequest>>
  /**
   * Puts a fault in the way of the next request that fits `options` (default: any), of the next `times` such requests
   * (`Infinity` for all), or of all such requests within the time that `lasts`; faults are used in the order in which
   * they were added.
   */
  readonly failNext: (fault: Fault, options?: PendingFault.FaultOptions) => Effect.Effect<void>
  /** Removes the faults that no request has met. */
  readonly clearFaults: Effect.Effect<void>
  /** The devices, those that nobody may see included. */
  readonly devices: Effect.Effect<ReadonlyArray<Device>>
  /** Replaces the devices; dies if one belongs to an account that the emulator was not given. */
  readonly setDevices: (devices: ReadonlyArray<Device>) => Effect.Effect<void>
  /** Revokes the access token, as another process that uses the same application key would. */
  readonly revokeAll: Effect.Effect<void>
  /** Lets every session expire now. */
  readonly endSessions: Effect.Effect<void>
  /** The users whom five refused logins in a row have locked. */
  readonly lockedUsers: Effect.Effect<ReadonlyArray<string>>
  /** Sets a user's password and unlocks the user, as Verizon's support would; dies if there is no such user. */
  readonly changePassword: (username: string, password: string) => Effect.Effect<void>
  /** The access token that the platform accepts now. */
  readonly currentToken: Effect.Effect<Option.Option<string>>
  /** The session tokens that the platform accepts now, oldest first. */
  readonly liveSessions: Effect.Effect<ReadonlyArray<string>>
  /** @internal */
  readonly receive: Receive
  /**
   * What a server may read, and which hosts it answers to; none of the other settings, because a fiber that is printed
   * shows its services.
   *
   * @internal
   */
  readonly limits: Pick<Settings, "hosts" | "maxBodySize">
}

interface World {
  readonly state: State.State
  readonly faults: ReadonlyArray<PendingFault.PendingFault>
  readonly exchanges: Chunk.Chunk<Exchange>
}

/** Everything that one request does, in one step. */
const step = (settings: Settings, request: Request, now: number) => (world: World) => {
  const [fault, faults] = PendingFault.take(world.faults, request, now)
  const outcome = Outcome.make(settings, request, fault, world.state, now)
  const { decided, reply } = outcome
  const exchange: Exchange = {
    at: now,
    method: request.method,
    url: request.url,
    path: request.path,
    headers: request.headers,
    body: request.text,
    status: decided?.status,
    response: decided?.body ?? "",
    answered: reply.arrives === "not at all" ? undefined : reply.answer?.status,
    fault: fault?._tag
  }
  return [
    { outcome, exchange },
    { state: outcome.state, faults, exchanges: Chunk.append(world.exchanges, exchange) }
  ] as const
}

const travel = (time: Duration.Duration) =>
  Duration.greaterThan(time, Duration.zero) ? Effect.sleep(time) : Effect.void

const dieIf = (problem: string | undefined) => (problem === undefined ? Effect.void : Effect.dieMessage(problem))

/** Builds the emulated platform; requests that hang are let go when the scope closes, so that a server can close too. */
export const make = (options?: Options): Effect.Effect<Service, never, Scope.Scope> =>
  Effect.gen(function* () {
    const settings = makeSettings(options)
    yield* dieIf(contradiction(settings))
    const seed = yield* Random.nextIntBetween(0, 0x7fffffff)
    const world = yield* Ref.make<World>({
      state: State.initial(settings, seed),
      faults: [],
      exchanges: Chunk.empty()
    })
    const requests = yield* Ref.make(0)
    const pending = yield* Ref.make(HashMap.empty<number, PendingRequest>())
    const published = yield* PubSub.unbounded<Exchange>()

    const closed = yield* Deferred.make<void>()
    yield* Effect.addFinalizer(() => Deferred.succeed(closed, undefined))

    const update = (f: (state: State.State) => State.State) =>
      Ref.update(world, (self) => ({ ...self, state: f(self.state) }))
    const look = <A>(f: (state: State.State, now: number) => A) =>
      Effect.zipWith(Ref.get(world), Clock.currentTimeMillis, ({ state }, now) => f(state, now))

    const send = ({ headers, method, path, text, url }: Request) =>
      Effect.gen(function* () {
        const n = yield* Ref.updateAndGet(requests, (n) => n + 1)
        const sentAt = yield* Clock.currentTimeMillis
        const sent: PendingRequest = { sentAt, method, url, path, headers, body: text, received: false }
        yield* Ref.update(pending, HashMap.set(n, sent))
        return n
      })

    const answer = (request: Request, n: number): ReturnType<Receive> =>
      Effect.gen(function* () {
        yield* travel(settings.requestLatency(n, request.path))
        const now = yield* Clock.currentTimeMillis
        const { outcome } = yield* Ref.modify(world, step(settings, request, now)).pipe(
          Effect.tap(({ exchange }) => PubSub.publish(published, exchange)),
          Effect.uninterruptible
        )
        yield* Ref.update(
          pending,
          HashMap.modify(n, (sent) => ({ ...sent, received: true }))
        )
        yield* travel(outcome.delay)
        if (outcome.hangs) {
          yield* Deferred.await(closed)
          return outcome.reply
        }
        yield* travel(settings.responseLatency(n, request.path))
        return outcome.reply
      })

    return {
      exchanges: Effect.map(Ref.get(world), ({ exchanges }) => Chunk.toReadonlyArray(exchanges)),
      subscribe: PubSub.subscribe(published),
      clearExchanges: Ref.update(world, (self) => ({ ...self, exchanges: Chunk.empty() })),
      pending: Effect.map(Ref.get(pending), (all) =>
        HashMap.toEntries(all)
          .sort(([a], [b]) => a - b)
          .map(([, sent]) => sent)
      ),
      failNext: (fault, options = {}) =>
        Effect.gen(function* () {
          const { lasts = Duration.infinity, times = options.lasts === undefined ? 1 : Number.POSITIVE_INFINITY } =
            options
          const until = (yield* Clock.currentTimeMillis) + Duration.toMillis(lasts)
          if (times >= 1) {
            yield* Ref.update(world, (self) => ({
              ...self,
              faults: [...self.faults, { fault, options, times, until }]
            }))
          }
        }),
      clearFaults: Ref.update(world, (self) => ({ ...self, faults: [] })),
      devices: look(({ devices }) => devices),
      setDevices: (given) => {
        const devices = knownDevices(settings.accounts, given)
        return Effect.zipRight(
          dieIf(contradiction({ ...settings, devices })),
          update((state) => ({ ...state, devices }))
        )
      },
      revokeAll: update((state) => ({ ...state, token: Option.none() })),
      endSessions: update(State.expireSessions),
      lockedUsers: look(State.lockedUsers),
      changePassword: (username, password) =>
        Effect.zipRight(
          Effect.flatMap(look(State.hasUser(username)), (known) =>
            dieIf(known ? undefined : `There is no user ${username} whose password could be changed.`)
          ),
          update((state) => State.unlock(State.setPassword(state, username, password), username))
        ),
      currentToken: look((state, now) => Option.map(State.token(state, now), ({ value }) => value)),
      liveSessions: look((state, now) => State.liveSessions(settings, state, now)),
      receive: (request) =>
        Effect.acquireUseRelease(
          send(request),
          (n) => answer(request, n),
          (n) => Ref.update(pending, HashMap.remove(n))
        ),
      limits: { hosts: settings.hosts, maxBodySize: settings.maxBodySize }
    }
  })
