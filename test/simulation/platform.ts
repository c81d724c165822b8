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
import { lagging, type Mishap, type Setup, type Target, targets } from "./program.js"
import type { VirtualClock } from "./virtualClock.js"

export const app = {
  key: "00000000-aaaa-4aaa-8aaa-00000000cafe",
  secret: "00000000-bbbb-4bbb-8bbb-00000000beef",
  wrongSecret: "00000000-cccc-4ccc-8ccc-00000000f00d"
}

export const usernames: readonly [string, string] = ["first-user", "second-user"]

export const usernameOf = (user: number): string => usernames[user === 0 ? 0 : 1]

export const passwordOf = (user: number, password: number): string => `Dummy/Password+${user}&${password}`

/** What became of a request at the platform, as nobody on the other side can know. */
export interface Decision {
  readonly mishap: Mishap | "lagging node" | undefined
  /** What the platform has decided, which may not be what is sent home. */
  readonly answer: Answer | undefined
  readonly delivered: Answer | undefined
}

/** The emulated platform on a road that loses, delays and replaces; it goes on when the caller has gone. */
export interface Platform {
  readonly receive: (request: Request, decided: (decision: Decision) => void) => Effect.Effect<Reply>
  /** By the steady clock: when the APIs stop taking the token that was handed out last. */
  readonly tokenEndsAt: () => number | undefined
  readonly put: (fault: Fault) => void
  readonly clearFaults: () => void
  readonly stopTravelling: () => void
  readonly revokeElsewhere: Effect.Effect<void>
  readonly endSessions: Effect.Effect<void>
  readonly logInElsewhere: (user: number) => Effect.Effect<void>
  /** The number of the password that the platform accepts. */
  readonly passwordOf: (user: number) => number
  readonly setPassword: (user: number, password: number) => Effect.Effect<void>
  readonly restart: Effect.Effect<void>
}

/** What meets the requests to a target: so many of them, or all for a while. */
export interface Fault {
  readonly target: Target
  readonly mishap: Mishap
  readonly times: number
  readonly judged?: boolean
  readonly lasts?: number
}

const uws = (status: number, code: string): Answer =>
  Wire.json(status, { errorCode: `UnifiedWebService.${code}`, errorMessage: "Injected." })

const fault = (status: number, code: string): Answer =>
  Wire.json(status, { fault: { code, message: "Injected", description: "Injected." } })

const throttled = fault(429, "900800")

const answers: Readonly<Partial<Record<Mishap, Answer>>> = {
  "407": Wire.text(407, "text/html", "<html><body>Proxy Authentication Required</body></html>"),
  "408": Wire.empty(408),
  "429": uws(429, "REQUEST_FAILED.TooManyRequests"),
  "429 without a word": Wire.empty(429),
  "429 with Retry-After": Wire.empty(429, { "retry-after": "5" }),
  "500": Wire.empty(500),
  "503": Wire.text(503, "text/plain", "upstream connect error"),
  "504": Wire.text(504, "text/html", "<html><body>504 Gateway Time-out</body></html>"),
  "511": Wire.text(511, "text/html", "<html><body>Network Authentication Required</body></html>"),
  "gateway throttled": fault(503, "900800"),
  "gateway throttled with Retry-After": { ...throttled, headers: { ...throttled.headers, "retry-after": "20" } },
  "backend unreachable": fault(503, "101503"),
  "endpoint suspended": fault(503, "303001"),
  garbage: Wire.text(200, "application/json", '{"access_token": {{'),
  "web page": Wire.text(200, "text/html", "<html><body>Welcome</body></html>"),
  empty: Wire.empty(200),
  "bare 401": Wire.empty(401),
  "token refused": fault(401, "900901"),
  "session refused": uws(400, "REQUEST_FAILED.SessionToken.Expired"),
  "password refused": uws(400, "INPUT_INVALID.Password.Invalid"),
  "unexpected error": uws(400, "REQUEST_FAILED.UnexpectedError"),
  "OAuth error in a 200": Wire.json(200, { error: "temporarily_unavailable", error_description: "Injected." }),
  "password refused in a 200": uws(200, "INPUT_INVALID.Password.Invalid"),
  redirect: Wire.empty(302, { location: "https://evil.example/collect" })
}

/** Longer than any deadline of the pipeline's. */
const tooLate = 15_000

interface Waiting {
  readonly path: string
  readonly mishap: Mishap
  readonly judged: boolean
  readonly until: number
  times: number
}

interface Token {
  readonly secret: string
  readonly issuedAt: number
  readonly expiresAt: number
}

const basic = `Basic ${Buffer.from(`${app.key}:${app.secret}`).toString("base64")}`

/** The scope is the platform's own: closing the pipeline does not end what is on its way. */
export const make = (setup: Setup, clock: VirtualClock): Effect.Effect<Platform, never, Scope.Scope> =>
  Effect.gen(function* () {
    const scope = yield* Effect.scope
    const runFork = Runtime.runFork(yield* Effect.runtime<never>())
    const passwords: Record<string, string> = {
      [usernames[0]]: passwordOf(0, 0),
      [usernames[1]]: passwordOf(1, 0)
    }
    const numbers = new Map<number, number>()
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

    const take = (path: string): Waiting | undefined => {
      faults = faults.filter(({ until }) => clock.elapsed() < until)
      const found = faults.find((one) => path.startsWith(one.path))
      if (found === undefined) return undefined
      found.times -= 1
      faults = faults.filter(({ times }) => times > 0)
      return found
    }

    const travel = (times: ReadonlyArray<number>, n: number): Effect.Effect<void> => {
      const millis = times[n % times.length] ?? 0
      return millis === 0 ? Effect.void : Effect.sleep(millis)
    }

    /** The platform knows it by its own words alone. */
    let latest: Token | undefined

    const learn = (answer: Answer | undefined): void => {
      const secret = /"access_token":"([^"]+)"/.exec(answer?.body ?? "")?.[1]
      if (secret === undefined || secret === latest?.secret) return
      const now = clock.elapsed()
      latest = { secret, issuedAt: now, expiresAt: now + setup.tokenLifetime }
    }

    /** It hands a token out for longer than its APIs take it, and one of its nodes knows a new one later than others. */
    const quirk = ({ headers, path }: Request): Answer | undefined => {
      if (latest === undefined) return undefined
      const now = clock.elapsed()
      const { expiresAt, issuedAt, secret } = latest
      if (path === targets.token) {
        const lingers = now >= expiresAt && now < expiresAt + setup.linger && headers.authorization === basic
        return lingers ? Wire.json(200, { access_token: secret, token_type: "Bearer", expires_in: 0 }) : undefined
      }
      const lags =
        path.startsWith(lagging) && now < issuedAt + setup.lag && headers.authorization === `Bearer ${secret}`
      return lags ? fault(401, "900901") : undefined
    }

    const judge = (receive: Receive, request: Request): Effect.Effect<Answer | undefined> =>
      Effect.suspend(() => {
        const answer = quirk(request)
        if (answer !== undefined) return Effect.succeed(answer)
        return Effect.map(receive(request), ({ answer }) => {
          if (request.path === targets.token) learn(answer)
          return answer
        })
      })

    const arrival = (mishap: Mishap | undefined): Reply["arrives"] =>
      mishap === "lost response" ? "not at all" : mishap === "truncated" ? "half" : "whole"

    /** What the platform decides, and what is sent home. */
    const meet = (
      met: Waiting | undefined,
      receive: Receive,
      request: Request
    ): Effect.Effect<readonly [Answer | undefined, Reply]> => {
      const injected = met === undefined ? undefined : answers[met.mishap]
      if (met?.mishap === "lost request")
        return Effect.succeed([undefined, { answer: undefined, arrives: "not at all" }])
      if (injected !== undefined && !met?.judged) {
        return Effect.succeed([injected, { answer: injected, arrives: "whole" }])
      }
      return Effect.map(judge(receive, request), (answer) => [
        answer,
        { answer: injected ?? answer, arrives: arrival(met?.mishap) }
      ])
    }

    const isLagging = ({ path }: Request, answer: Answer | undefined): boolean =>
      path.startsWith(lagging) && answer?.status === 401 && clock.elapsed() < (latest?.issuedAt ?? 0) + setup.lag

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
            const met = take(request.path)
            const mishap = met?.mishap
            if (mishap === "hang") {
              const answer = met?.judged ? yield* judge(emulator.receive, request) : undefined
              decided({ mishap, answer, delivered: undefined })
              return yield* Effect.never
            }
            const [answer, reply] = yield* meet(met, emulator.receive, request)
            const lags = mishap === undefined && isLagging(request, answer)
            decided({ mishap: lags ? "lagging node" : mishap, answer, delivered: reply.answer })
            yield* travel(homeward, n)
            if (mishap === "late") yield* Effect.sleep(tooLate)
            return reply
          })
          return Fiber.join(runFork(Effect.withClock(journey, clock.steady), { scope }))
        }),
      tokenEndsAt: () => latest?.expiresAt,
      put: ({ judged = false, lasts, mishap, target, times }) => {
        const until = lasts === undefined ? Number.POSITIVE_INFINITY : clock.elapsed() + lasts
        const waiting: Waiting = {
          path: targets[target],
          mishap,
          judged,
          until,
          times: lasts === undefined ? times : Number.POSITIVE_INFINITY
        }
        faults = [...faults, waiting]
      },
      clearFaults: () => {
        faults = []
      },
      stopTravelling: () => {
        outward = [0]
        homeward = [0]
      },
      revokeElsewhere: Effect.suspend(() => {
        latest = undefined
        return emulator.revokeAll
      }),
      endSessions: Effect.suspend(() => emulator.endSessions),
      logInElsewhere: (user) =>
        Effect.gen(function* () {
          learn({
            ...Wire.empty(200),
            body: yield* elsewhere(targets.token, { authorization: basic }, "grant_type=client_credentials")
          })
          const token = Option.getOrElse(yield* emulator.currentToken, () => "")
          const username = usernameOf(user)
          yield* elsewhere(
            targets.login,
            { authorization: `Bearer ${token}` },
            JSON.stringify({ username, password: passwords[username] })
          )
        }).pipe(Effect.withClock(clock.steady)),
      passwordOf: (user) => numbers.get(user) ?? 0,
      setPassword: (user, password) =>
        Effect.suspend(() => {
          numbers.set(user, password)
          passwords[usernameOf(user)] = passwordOf(user, password)
          return emulator.changePassword(usernameOf(user), passwordOf(user, password))
        }),
      restart: Effect.map(
        Effect.suspend(() => boot),
        (booted) => {
          emulator = booted
          latest = undefined
        }
      )
    }
  })
