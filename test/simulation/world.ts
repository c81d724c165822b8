/**
 * The pipeline and its platform while a program runs, and what each step of a program does to them.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Supervisor from "effect/Supervisor"
import { CredentialsError } from "../../src/AuthError.js"
import * as Credentials from "../../src/Credentials.js"
import * as LoginGuard from "../../src/LoginGuard.js"
import * as OAuthClient from "../../src/OAuthClient.js"
import * as SessionClient from "../../src/SessionClient.js"
import * as SessionSource from "../../src/SessionSource.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as Ledger from "./ledger.js"
import type * as Observer from "./observer.js"
import * as Platform from "./platform.js"
import { type Api, apis, type Program, type Setup, type Step } from "./program.js"
import type * as VirtualClock from "./virtualClock.js"
import * as Wire from "./wire.js"

/** One call of the program's, from its start to its end. */
export interface Call {
  readonly name: string
  readonly api: Api | "revoke" | "log out"
  readonly at: number
  readonly fiber: Fiber.RuntimeFiber<unknown, unknown>
  leftAlone: boolean
  /** Whether the layer had begun to close when it ended. */
  outlived: boolean
  exit: Exit.Exit<unknown, unknown> | undefined
}

/** A pipeline and its platform, while a program runs. */
export interface World {
  readonly clock: VirtualClock.VirtualClock
  readonly ledger: Ledger.Ledger
  readonly platform: Platform.Platform
  readonly calls: ReadonlyArray<Call>
  readonly call: (api: Api) => Effect.Effect<Call>
  readonly take: (step: Step) => Effect.Effect<void>
  /** Makes everything right that is not the pipeline's: the platform, the road, the vault and the password. */
  readonly heal: Effect.Effect<void>
  readonly credentials: () => { readonly user: string; readonly password: string }
  readonly resetGuard: Effect.Effect<void>
  readonly close: Effect.Effect<void>
  readonly isClosed: () => boolean
  /** The fibers of the pipeline that are still there. */
  readonly leftover: Effect.Effect<number>
}

/** What a world is put into, and runs under: the wall clock, and the observer's logger and tracer. */
export interface Surroundings {
  readonly clock: VirtualClock.VirtualClock
  readonly observer: Observer.Observer
  readonly note: Ledger.Note
}

const relogins: Readonly<Record<Setup["relogin"], Schedule.Schedule<unknown, Duration.Duration>>> = {
  onIdleExpiry: SessionSource.onIdleExpiry,
  stop: Schedule.stop,
  twice: SessionSource.onIdleExpiry.pipe(Schedule.intersect(Schedule.recurs(2))),
  forever: Schedule.forever
}

const app: Credentials.App = { key: Redacted.make(Platform.app.key), secret: Redacted.make(Platform.app.secret) }

const requestTo = (api: Api): HttpClientRequest.HttpClientRequest => {
  const url = apis[api]
  switch (api) {
    case "echo":
    case "location":
      return HttpClientRequest.bodyUnsafeJson(HttpClientRequest.post(url), { accountName: "0000123456-00001" })
    case "stream":
      return HttpClientRequest.bodyStream(HttpClientRequest.post(url), Stream.make(new TextEncoder().encode("once")))
    default:
      return HttpClientRequest.get(url)
  }
}

interface Pipeline {
  readonly client: Context.Tag.Service<ThingSpaceHttpClient.ThingSpaceHttpClient>
  readonly tokens: TokenSource.Service
  readonly sessions: SessionSource.Service
  readonly guard: LoginGuard.Service
}

/**
 * Now and then as the library assembles it; by hand otherwise, because its layers would take most of the time of a short
 * program. As a layer does, either is built where nothing can be interrupted.
 */
const pipeline = ({
  logoutOnClose,
  refreshMargin,
  relogin,
  seed
}: Setup): Effect.Effect<
  Pipeline,
  never,
  HttpClient.HttpClient | Credentials.AppCredentials | Credentials.UwsCredentials | Scope.Scope
> => {
  const options = { relogin: relogins[relogin], logoutOnClose, refreshMargin }
  if (seed % 8 === 0) {
    return Effect.map(Layer.build(Layer.orDie(ThingSpaceHttpClient.layerFromCredentials(options))), (context) => ({
      client: Context.get(context, ThingSpaceHttpClient.ThingSpaceHttpClient),
      tokens: Context.get(context, TokenSource.TokenSource),
      sessions: Context.get(context, SessionSource.SessionSource),
      guard: Context.get(context, LoginGuard.LoginGuard)
    }))
  }
  return Effect.gen(function* () {
    const oauth = yield* OAuthClient.make
    const tokens = yield* Effect.provideService(TokenSource.make(options), OAuthClient.OAuthClient, oauth)
    const guard = yield* LoginGuard.make
    const context = Context.make(TokenSource.TokenSource, tokens).pipe(
      Context.add(LoginGuard.LoginGuard, guard),
      Context.add(SessionClient.SessionClient, yield* SessionClient.make)
    )
    const sessions = yield* Effect.provide(SessionSource.make(options), context)
    const client = ThingSpaceHttpClient.withSession(yield* HttpClient.HttpClient, { tokens, sessions })
    return { client, tokens, sessions, guard }
  }).pipe(Effect.uninterruptible)
}

export const make = (
  { setup }: Program,
  { clock, note, observer }: Surroundings
): Effect.Effect<World, never, Scope.Scope> =>
  Effect.gen(function* () {
    const platform = yield* Platform.make(setup, clock)
    const ledger = Ledger.make(setup, { steady: clock.elapsed, wall: () => clock.wall.unsafeCurrentTimeMillis() }, note)
    const supervisor = yield* Supervisor.track
    const scope = yield* Scope.make()
    const calls: Array<Call> = []
    let credentials = { user: 0, password: 0 }
    let vault: "open" | "sealed" | "stuck" = "open"
    let isClosed = false

    const uws = Effect.suspend(() => {
      if (vault === "stuck") return Effect.never
      if (vault === "sealed") {
        return Effect.fail(new CredentialsError({ credentials: "Uws", description: "the vault is sealed" }))
      }
      return Effect.succeed({
        username: Platform.usernameOf(credentials.user),
        password: Redacted.make(Platform.passwordOf(credentials.user, credentials.password))
      })
    })
    const { client, guard, sessions, tokens } = yield* pipeline(setup).pipe(
      Effect.provide(
        Context.make(HttpClient.HttpClient, Wire.make(platform, ledger, clock)).pipe(
          Context.add(Credentials.AppCredentials, Effect.succeed(app)),
          Context.add(Credentials.UwsCredentials, uws)
        )
      ),
      Scope.extend(scope),
      Effect.supervised(supervisor)
    )

    const begin = (api: Call["api"], effect: Effect.Effect<unknown, unknown>): Effect.Effect<Call> =>
      Effect.gen(function* () {
        const name = `${calls.length}`
        const fiber = yield* Effect.forkDaemon(effect)
        const call: Call = { name, api, at: clock.elapsed(), fiber, leftAlone: true, outlived: false, exit: undefined }
        calls.push(call)
        fiber.addObserver((exit) => {
          call.exit = exit
          call.outlived = isClosed
          observer.failed(exit)
          note(() => `call ${name} to ${api} ends: ${describe(exit)}`)
        })
        return call
      })

    /** To be begun next: a request says to which call it belongs. */
    const execute = (api: Api) =>
      Effect.map(
        client.execute(HttpClientRequest.setHeader(requestTo(api), Wire.callHeader, `${calls.length}`)),
        (response) => response.status
      )

    const close = Effect.suspend(() => {
      if (isClosed) return Effect.void
      isClosed = true
      return Effect.gen(function* () {
        ledger.closing()
        const closing = yield* Effect.forkDaemon(Scope.close(scope, Exit.void))
        yield* clock.settle
        yield* begin("account", execute("account"))
        yield* clock.advance(setup.logoutOnClose ? 2000 : 0)
        ledger.closed()
        if ((yield* Fiber.poll(closing))._tag === "None") ledger.violate("the layer does not close in time")
      })
    })

    const perform = (step: Step): Effect.Effect<void> => {
      switch (step.do) {
        case "call":
          return Effect.gen(function* () {
            for (let n = 0; n < step.times; n++) {
              const { patience = 0 } = step
              const plain = execute(step.api)
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
          return Effect.sync(() => platform.put(step.target, step.mishap, step.times))
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
          return ending("revoke", tokens.revoke, "token")
        case "log out":
          return ending("log out", sessions.logout, "session")
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
      }
    }

    const ending = (api: "revoke" | "log out", effect: Effect.Effect<void, unknown>, which: "token" | "session") =>
      Effect.suspend(() => {
        const remembered = ledger.forget(which)
        return Effect.asVoid(begin(api, Effect.ensuring(effect, Effect.sync(remembered))))
      })

    /** Somebody has made sure that the credentials are right and the user is not locked. */
    const reset = Effect.suspend(() => {
      ledger.resetGuard()
      return Effect.zipRight(Effect.forkDaemon(guard.reset), clock.settle)
    })

    return {
      clock,
      ledger,
      platform,
      calls,
      call: (api) => Effect.suspend(() => begin(api, execute(api))),
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
        return platform.setPassword(credentials.user, credentials.password)
      }),
      credentials: () => ({
        user: Platform.usernameOf(credentials.user),
        password: Platform.passwordOf(credentials.user, credentials.password)
      }),
      resetGuard: reset,
      close: Effect.zipRight(close, clock.settle),
      isClosed: () => isClosed,
      leftover: Effect.map(supervisor.value, (fibers) => fibers.filter((fiber) => fiber.unsafePoll() === null).length)
    }
  })

export const describe = (exit: Exit.Exit<unknown, unknown>): string =>
  Exit.match(exit, {
    onSuccess: String,
    onFailure: (cause) => (Cause.isInterruptedOnly(cause) ? "interrupted" : String(Cause.squash(cause)))
  })
