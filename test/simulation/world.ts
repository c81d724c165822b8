/**
 * The pipeline and its platform while a program runs, and what each step of a program does to them.
 */
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import type * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Redacted from "effect/Redacted"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Supervisor from "effect/Supervisor"
import { CredentialsError } from "../../src/AuthError.js"
import * as Ledger from "./ledger.js"
import type * as Observer from "./observer.js"
import * as Pipeline from "./pipeline.js"
import * as Platform from "./platform.js"
import { type Api, apis, type Program, type Step } from "./program.js"
import * as Store from "./store.js"
import type * as VirtualClock from "./virtualClock.js"
import * as Wire from "./wire.js"

/** One call of the program's, from its start to its end. */
export interface Call {
  readonly name: string
  readonly api: Api | "revoke" | "log out"
  readonly at: number
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  readonly layers: Ledger.Layers
  leftAlone: boolean
  /** Milliseconds of the steady clock. */
  endedAt: number
  /** Whether the layer had begun to close when it ended. */
  outlived: boolean
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** A pipeline and its platform, while a program runs. */
export interface World {
  readonly setup: Program["setup"]
  readonly clock: VirtualClock.VirtualClock
  readonly ledger: Ledger.Ledger
  readonly platform: Platform.Platform
  readonly calls: ReadonlyArray<Call>
  readonly call: (api: Api, as?: number) => Effect.Effect<Call>
  readonly take: (step: Step) => Effect.Effect<void>
  /** Makes everything right that is not the pipeline's: the platform, the road, the vault and the passwords. */
  readonly heal: Effect.Effect<void>
  /** Each user of the process that lives now. */
  readonly tenants: () => ReadonlyArray<{
    readonly line: Ledger.Line
    readonly user: string
    readonly password: string
  }>
  readonly resetGuard: Effect.Effect<void>
  readonly close: Effect.Effect<void>
  readonly isClosed: () => boolean
  /** The fibers of the pipelines that are still there. */
  readonly leftover: Effect.Effect<number>
  /** Everything that a store has been given. */
  readonly stored: () => ReadonlyArray<string>
}

/** What a world is put into, and runs under: the wall clock, and the observer's logger and tracer. */
export interface Surroundings {
  readonly clock: VirtualClock.VirtualClock
  readonly observer: Observer.Observer
  readonly note: Ledger.Note
}

const requestTo = (api: Api, n: number): HttpClientRequest.HttpClientRequest => {
  const url = apis[api].replace("{n}", `${n}`)
  switch (api) {
    case "echo":
    case "location":
      return HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(url), { accountName: "0000123456-00001" })
    case "stream":
    case "numberedStream":
      return HttpClientRequest.bodyStream(HttpClientRequest.post(url), Stream.make(new TextEncoder().encode("once")))
    default:
      return HttpClientRequest.get(url)
  }
}

/** One build of the pipeline, in the process that it lives in. */
interface Build {
  readonly process: Ledger.Process
  readonly clock: Clock.Clock
  readonly scope: Scope.CloseableScope
  readonly layers: Ledger.Layers
  readonly lines: ReadonlyArray<Ledger.Line>
  readonly pipeline: Pipeline.Pipeline
}

export const make = (
  { setup }: Program,
  { clock, note, observer }: Surroundings
): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const platform = yield* Platform.make(setup, clock)
    const ledger = Ledger.make(setup, { steady: clock.elapsed, wall: () => clock.wall.unsafeCurrentTimeMillis() }, note)
    const store = Store.make(clock.elapsed)
    const supervisor = yield* Supervisor.track
    const calls: Array<Call> = []
    let credentials = { user: 0, password: 0 }
    let vault: "open" | "sealed" | "stuck" = "open"
    let secret = Platform.app.secret
    let isClosed = false

    const app = Effect.sync(() => ({ key: Redacted.make(Platform.app.key), secret: Redacted.make(secret) }))

    /** The first has credentials that the program rotates; the others have their own. */
    const namedBy = (tenant: number): typeof credentials =>
      tenant === 0 ? credentials : { user: 1, password: platform.passwordOf(1) }

    const userOf = (line: Ledger.Line, tenant: number) =>
      Effect.suspend(() => {
        if (vault === "stuck" && tenant === 0) return Effect.never
        if (vault === "sealed" && tenant === 0) {
          return Effect.fail(new CredentialsError({ credentials: "Uws", description: "the vault is sealed" }))
        }
        const { password, user } = namedBy(tenant)
        const username = Platform.usernameOf(user)
        line.users.add(username)
        return Effect.succeed({ username, password: Redacted.make(Platform.passwordOf(user, password)) })
      })

    const build = (process: Ledger.Process, processClock: Clock.Clock): Effect.Effect<Build> =>
      Effect.gen(function* () {
        const scope = yield* Scope.make()
        const layers = ledger.layers(process)
        const lines = Array.from({ length: setup.tenants }, () => ledger.line(layers))
        const [first, ...others] = lines.map((line, tenant) => ({
          client: Wire.make(platform, ledger, clock, line),
          user: userOf(line, tenant)
        }))
        if (first === undefined) return yield* Effect.dieMessage("a process has users")
        const pipeline = yield* Pipeline.make({
          setup,
          app,
          tenants: [first, ...others],
          store: setup.store ? store.of(process) : undefined
        }).pipe(Scope.extend(scope), Effect.supervised(supervisor), Effect.withClock(processClock))
        return { process, clock: processClock, scope, layers, lines, pipeline }
      })

    let current = yield* build(ledger.process(), clock.makeWall())

    /** The user who calls; a process may have fewer than a program names. */
    const at = (tenant: number | undefined) => {
      const n = (tenant ?? 0) % setup.tenants
      const { lines, pipeline } = current
      const [line, part] = [lines[n], pipeline.parts[n]]
      if (line === undefined || part === undefined) throw new Error("a process has users")
      return { line, ...part }
    }

    const begin = (api: Call["api"], effect: Effect.Effect<unknown, unknown>): Effect.Effect<Call> =>
      Effect.gen(function* () {
        const name = `${calls.length}`
        const { layers } = current
        const fiber = yield* Effect.forkDaemon(Effect.withClock(effect, current.clock))
        const at = clock.elapsed()
        const call: Call = {
          name,
          api,
          at,
          fiber,
          layers,
          leftAlone: true,
          endedAt: Number.POSITIVE_INFINITY,
          outlived: false,
          exit: undefined
        }
        calls.push(call)
        fiber.addObserver((exit) => {
          call.exit = exit
          call.endedAt = clock.elapsed()
          call.outlived = layers.isClosing
          observer.failed(exit)
          note(() => `call ${name} to ${api} ends: ${describe(exit)}`)
        })
        return call
      })

    /** To be begun next: a request says to which call it belongs. */
    const execute = (api: Api, tenant?: number) =>
      Effect.map(
        at(tenant).client.execute(
          HttpClientRequest.setHeader(requestTo(api, calls.length), Wire.callHeader, `${calls.length}`)
        ),
        (response) => response.status
      )

    const end = ({ layers, scope }: Build): Effect.Effect<void> =>
      Effect.gen(function* () {
        layers.isClosing = true
        const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
        yield* clock.settle
        yield* begin("account", execute("account", setup.tenants - 1))
        yield* clock.advance(setup.logoutOnClose ? setup.tenants * 2000 : 0)
        layers.isClosed = true
        if ((yield* Fiber.poll(closing))._tag === "None") ledger.violate("the layer does not close in time")
      })

    const close = Effect.suspend(() => {
      if (isClosed) return Effect.void
      isClosed = true
      return end(current)
    })

    const become = (next: Build): void => {
      current = next
    }

    const rebuild = Effect.suspend(() => {
      const { clock, process } = current
      return Effect.zipRight(end(current), Effect.map(build(process, clock), become))
    })

    /** What it had under way goes on at the platform; its fibers are gone with it, and its memory. */
    const restart = Effect.suspend(() => {
      const { layers, process, scope } = current
      const waiting = calls.filter((call) => call.layers.process === process && call.exit === undefined)
      ledger.killed(process)
      layers.isClosing = true
      layers.isClosed = true
      for (const call of waiting) call.leftAlone = false
      return Effect.forkDaemon(Fiber.interruptAll(waiting.map(({ fiber }) => fiber))).pipe(
        Effect.zipRight(clock.settle),
        Effect.zipRight(Effect.forkDaemon(Scope.close(scope, Exit.void))),
        Effect.zipRight(clock.settle),
        Effect.zipRight(build(ledger.process(), clock.makeWall())),
        Effect.map(become)
      )
    })

    const perform = (step: Step): Effect.Effect<void> => {
      switch (step.do) {
        case "call":
          return Effect.gen(function* () {
            for (let n = 0; n < step.times; n++) {
              const { patience = 0 } = step
              const plain = execute(step.api, step.as)
              const call = yield* begin(step.api, step.givesUp === "timeout" ? Effect.timeout(plain, patience) : plain)
              if (step.givesUp === "interrupt") {
                yield* clock.steady.sleep(Duration.millis(patience)).pipe(
                  Effect.zipRight(
                    Effect.suspend(() => {
                      call.leftAlone = false
                      return Fiber.interrupt(call.fiber)
                    })
                  ),
                  Effect.forkDaemon
                )
              }
            }
          })
        case "wait":
          return clock.advance(step.millis)
        case "fault":
          return Effect.sync(() => platform.put(step))
        case "clear faults":
          return Effect.sync(platform.clearFaults)
        case "revoke elsewhere":
          return platform.revokeElsewhere
        case "end sessions":
          return platform.endSessions
        case "log in elsewhere":
          return platform.logInElsewhere(credentials.user)
        case "restart the platform":
          return platform.restart
        case "set platform password":
          return platform.setPassword(step.user, step.password)
        case "rotate credentials":
          return Effect.sync(() => {
            credentials = { user: step.user, password: step.password }
          })
        case "vault":
          return Effect.sync(() => {
            vault = step.is
          })
        case "reset the guard":
          return reset
        case "revoke":
          return ending("revoke", current.pipeline.tokens.revoke, "token")
        case "log out":
          return ending("log out", at(0).sessions.logout, "session")
        case "interrupt callers":
          return Effect.suspend(() => {
            const waiting = calls.filter(({ exit }) => exit === undefined)
            for (const call of waiting) call.leftAlone = false
            return Fiber.interruptAll(waiting.map(({ fiber }) => fiber)).pipe(Effect.forkDaemon, Effect.asVoid)
          })
        case "set the clock":
          return Effect.sync(() => {
            clock.jump(step.by)
            ledger.jumped(step.by)
          })
        case "close":
          return close
        case "rebuild":
          return isClosed ? Effect.void : rebuild
        case "restart the process":
          return isClosed ? Effect.void : restart
        case "application secret":
          return Effect.sync(() => {
            // Under another secret nothing can be read that is shared.
            if (!setup.store) secret = step.is === "right" ? Platform.app.secret : Platform.app.wrongSecret
          })
      }
    }

    const ending = (api: "revoke" | "log out", effect: Effect.Effect<void, unknown>, which: "token" | "session") =>
      Effect.suspend(() => {
        const remembered = ledger.forget(at(0).line, which)
        return Effect.asVoid(begin(api, Effect.ensuring(effect, Effect.sync(remembered))))
      })

    /** Somebody has made sure that the credentials are right and the user is not locked. */
    const reset = Effect.suspend(() => {
      ledger.resetGuard()
      const resetting = Effect.withClock(Pipeline.reset(current.pipeline, Platform.usernames), current.clock)
      return Effect.zipRight(Effect.forkDaemon(resetting), clock.settle)
    })

    return {
      setup,
      clock,
      ledger,
      platform,
      calls,
      call: (api, as) => Effect.suspend(() => begin(api, execute(api, as))),
      take: (step) =>
        Effect.suspend(() => {
          note(() => `${(clock.elapsed() / 1000).toFixed(3)} s: ${JSON.stringify(step)}`)
          return Effect.zipRight(perform(step), clock.settle)
        }),
      heal: Effect.suspend(() => {
        note(() => "healed")
        platform.clearFaults()
        platform.stopTravelling()
        vault = "open"
        secret = Platform.app.secret
        return Effect.forEach(
          current.lines.keys(),
          (tenant) => {
            const { password, user } = namedBy(tenant)
            return platform.setPassword(user, password)
          },
          { discard: true }
        )
      }),
      tenants: () =>
        current.lines.map((line, tenant) => {
          const { password, user } = namedBy(tenant)
          return { line, user: Platform.usernameOf(user), password: Platform.passwordOf(user, password) }
        }),
      resetGuard: reset,
      close: Effect.zipRight(close, clock.settle),
      isClosed: () => isClosed,
      leftover: Effect.map(supervisor.value, (fibers) => fibers.filter((fiber) => fiber.unsafePoll() === null).length),
      stored: store.texts
    }
  })

export const describe = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: String,
    onFailure: (cause) => (Cause.isInterruptedOnly(cause) ? "interrupted" : String(Cause.squash(cause)))
  })
