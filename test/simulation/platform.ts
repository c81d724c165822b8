/**
 * The emulated platform at the end of a road on which requests and answers are delayed, lost and replaced.
 */
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Runtime from "effect/Runtime"
import * as Scope from "effect/Scope"
import * as Emulator from "../../src/internal/emulator/service.js"
import type { Answer, Receive, Reply, Request } from "../../src/internal/emulator/wire.js"
import * as Wire from "../../src/internal/emulator/wire.js"
import { type Mishap, type Setup, type Target, targets } from "./program.js"
import type { VirtualClock } from "./virtualClock.js"

export const app = { key: "00000000-aaaa-4aaa-8aaa-00000000cafe", secret: "00000000-bbbb-4bbb-8bbb-00000000beef" }

export const usernames: readonly [string, string] = ["first-user", "second-user"]

export const usernameOf = (user: number): string => usernames[user === 0 ? 0 : 1]

export const passwordOf = (user: number, password: number): string => `Dummy/Password+${user}&${password}`

/** What became of a request at the platform, as nobody on the other side can know. */
export interface Decision {
  readonly mishap: Mishap | undefined
  readonly answer: Answer | undefined
}

/** The emulated platform on a road that loses, delays and replaces; it goes on when the caller has gone. */
export interface Platform {
  readonly receive: (request: Request, decided: (decision: Decision) => void) => Effect.Effect<Reply>
  readonly put: (target: Target, mishap: Mishap, times: number) => void
  readonly clearFaults: () => void
  readonly stopTravelling: () => void
  readonly revokeElsewhere: Effect.Effect<void>
  readonly endSessions: Effect.Effect<void>
  readonly logInElsewhere: (user: number) => Effect.Effect<void>
  readonly setPassword: (user: number, password: number) => Effect.Effect<void>
  readonly restart: Effect.Effect<void>
}

const uws = (status: number, code: string): Answer =>
  Wire.json(status, { errorCode: `UnifiedWebService.${code}`, errorMessage: "Injected." })

const fault = (status: number, code: string): Answer =>
  Wire.json(status, { fault: { code, message: "Injected", description: "Injected." } })

const answers: Readonly<Partial<Record<Mishap, Answer>>> = {
  "429": uws(429, "REQUEST_FAILED.TooManyRequests"),
  "429 with Retry-After": Wire.empty(429, { "retry-after": "5" }),
  "500": Wire.empty(500),
  "503": Wire.text(503, "text/plain", "upstream connect error"),
  "gateway throttled": fault(503, "900800"),
  garbage: Wire.text(200, "application/json", '{"access_token": {{'),
  "web page": Wire.text(200, "text/html", "<html><body>Welcome</body></html>"),
  empty: Wire.empty(200),
  "bare 401": Wire.empty(401),
  "token refused": fault(401, "900901"),
  "session refused": uws(400, "REQUEST_FAILED.SessionToken.Expired"),
  "password refused": uws(400, "INPUT_INVALID.Password.Invalid"),
  "unexpected error": uws(400, "REQUEST_FAILED.UnexpectedError"),
  redirect: Wire.empty(302, { location: "https://evil.example/collect" })
}

interface Waiting {
  readonly path: string
  readonly mishap: Mishap
  times: number
}

/** The scope is the platform's own: closing the pipeline does not end what is on its way. */
export const make = (setup: Setup, clock: VirtualClock): Effect.Effect<Platform, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())
    const passwords: Record<string, string> = {
      [usernames[0]]: passwordOf(0, 0),
      [usernames[1]]: passwordOf(1, 0)
    }
    let faults: ReadonlyArray<Waiting> = []
    let { homeward, outward } = setup
    let received = 0
    let restarts = 0

    const boot = Effect.suspend(() =>
      Emulator.make({
        appKey: app.key,
        appSecret: app.secret,
        users: { ...passwords },
        singleSession: setup.singleSession,
        tokenLifetime: setup.tokenLifetime
      }).pipe(Scope.extend(scope), Effect.withRandom(Random.make(`${setup.seed} ${restarts++}`)))
    )
    let emulator = yield* boot

    const take = (path: string): Mishap | undefined => {
      const found = faults.find((one) => path.startsWith(one.path))
      if (found === undefined) return undefined
      found.times -= 1
      faults = faults.filter(({ times }) => times > 0)
      return found.mishap
    }

    const travel = (times: ReadonlyArray<number>, n: number): Effect.Effect<void> => {
      const millis = times[n % times.length] ?? 0
      return millis === 0 ? Effect.void : Effect.sleep(millis)
    }

    const meet = (mishap: Mishap | undefined, receive: Receive, request: Request): Effect.Effect<Reply> => {
      if (mishap === "hang") return Effect.never
      if (mishap === "lost request") return Effect.succeed({ answer: undefined, arrives: "not at all" })
      const injected = mishap === undefined ? undefined : answers[mishap]
      if (injected !== undefined) return Effect.succeed({ answer: injected, arrives: "whole" })
      return Effect.map(
        receive(request),
        ({ answer }): Reply => ({
          answer,
          arrives: mishap === "lost response" ? "not at all" : mishap === "truncated" ? "half" : "whole"
        })
      )
    }

    /** What another process with the same credentials would send. */
    const elsewhere = (path: string, headers: Record<string, string>, body: string) =>
      Effect.map(
        emulator.receive(
          Wire.request("POST", new URL(path, "https://thingspace.verizon.com"), headers, new TextEncoder().encode(body))
        ),
        ({ answer }) => answer?.body ?? ""
      )

    return {
      receive: (request, decided) =>
        Effect.suspend(() => {
          const n = received++
          const journey = Effect.gen(function* () {
            yield* travel(outward, n)
            const mishap = take(request.path)
            if (mishap === "hang") decided({ mishap, answer: undefined })
            const reply = yield* meet(mishap, emulator.receive, request)
            decided({ mishap, answer: reply.answer })
            yield* travel(homeward, n)
            return reply
          })
          return Fiber.join(runFork(Effect.withClock(journey, clock.steady), { scope }))
        }),
      put: (target, mishap, times) => {
        faults = [...faults, { path: targets[target], mishap, times }]
      },
      clearFaults: () => {
        faults = []
      },
      stopTravelling: () => {
        outward = [0]
        homeward = [0]
      },
      revokeElsewhere: Effect.suspend(() => emulator.revokeAll),
      endSessions: Effect.suspend(() => emulator.endSessions),
      logInElsewhere: (user) =>
        Effect.gen(function* () {
          const basic = Buffer.from(`${app.key}:${app.secret}`).toString("base64")
          yield* elsewhere(targets.token, { authorization: `Basic ${basic}` }, "grant_type=client_credentials")
          const token = Option.getOrElse(yield* emulator.currentToken, () => "")
          const username = usernameOf(user)
          yield* elsewhere(
            targets.login,
            { authorization: `Bearer ${token}` },
            JSON.stringify({ username, password: passwords[username] })
          )
        }).pipe(Effect.withClock(clock.steady)),
      setPassword: (user, password) =>
        Effect.suspend(() => {
          passwords[usernameOf(user)] = passwordOf(user, password)
          return emulator.changePassword(usernameOf(user), passwordOf(user, password))
        }),
      restart: Effect.map(
        Effect.suspend(() => boot),
        (booted) => {
          emulator = booted
        }
      )
    }
  })
