/**
 * What a simulated program is, how a random one is made, and how one is printed.
 */
import * as FastCheck from "effect/FastCheck"

export const users = 2

/** How many different passwords each user may have. */
export const passwords = 8

/** What a simulated run consists of; the same program always runs in the same way. */
export interface Program {
  readonly setup: Setup
  readonly steps: ReadonlyArray<Step>
}

/** How the pipeline and the platform are set up. Times are in milliseconds. */
export interface Setup {
  readonly seed: number
  readonly relogin: "onIdleExpiry" | "stop" | "twice" | "forever"
  readonly logoutOnClose: boolean
  readonly refreshMargin: number
  /** Whether a new login ends the user's earlier sessions. */
  readonly singleSession: boolean
  readonly tokenLifetime: number
  /** How many users have a pipeline in the process, over one access token. */
  readonly tenants: number
  /** Whether processes share what they hold, and what they know of logins, through a store. */
  readonly store: boolean
  /** For how long after its end a token is still handed out, when the APIs take it no longer. */
  readonly linger: number
  /** For how long one node of the platform's does not know a new token. */
  readonly lag: number
  /** What befalls the platform at the end, when all has been well again. */
  readonly ending: Ending
  /** How long requests and answers travel, in turn. */
  readonly outward: ReadonlyArray<number>
  readonly homeward: ReadonlyArray<number>
}

/** Trouble whose end is measured; `endings.ts` says how long each may be felt. */
export const endings = [
  "none",
  "throttled",
  "session service hangs",
  "session service hangs for long",
  "login unavailable",
  "login misrouted",
  "late refusal",
  "refused in a 200",
  "lingering token",
  "lagging node",
  "API that refuses everything",
  "impatient callers",
  "wrong secret",
  "token endpoint throttled"
] as const

export type Ending = (typeof endings)[number]

/** Where an API call goes: every product whose refusals differ, and addresses that must not receive credentials. */
export const apis = {
  account: "/api/m2m/v1/accounts/0000123456-00001",
  echo: "/api/m2m/v1/echo",
  stream: "/api/m2m/v2/echo",
  location: "/api/loc/v1/echo",
  connector: "/api/cc/v1/devices",
  configuration: "/api/cc/v1/devices/configuration",
  diagnostics: "/api/diagnostics/v1/devices",
  software: "/api/fota/v2/devices",
  subscriptions: "/api/subsc/v1/devices",
  forbidden: "/api/subsc/v1/forbidden",
  edge: "https://5gedge.verizon.com/api/mec/eds/platforms",
  vehicles: "https://imp.thingspace.verizon.com/api/v1/vehicles",
  unauthorized: "/api/emulator/v1/unauthorized",
  numbered: "/api/devices/{n}/state",
  numberedStream: "/api/devices/{n}/state?stream",
  elsewhere: "https://evil.example/api/m2m/v1/accounts/0000123456-00001",
  plain: "http://thingspace.verizon.com/api/m2m/v1/accounts/0000123456-00001",
  port: "https://thingspace.verizon.com:8443/api/m2m/v1/accounts/0000123456-00001",
  userinfo: "https://thingspace.verizon.com@evil.example/api/m2m/v1/accounts/0000123456-00001",
  suffix: "https://thingspace.verizon.com.evil.example/api/m2m/v1/accounts/0000123456-00001",
  protocolRelative: "//evil.example/api/m2m/v1/accounts/0000123456-00001"
}

export type Api = keyof typeof apis

/** Those that must not be reached. */
export const forbidden: ReadonlySet<string> = new Set<Api>([
  "elsewhere",
  "plain",
  "port",
  "userinfo",
  "suffix",
  "protocolRelative"
])

/** The requests that a fault can meet. */
export const targets = {
  token: "/api/ts/v1/oauth2/token",
  revoke: "/api/ts/v1/oauth2/revoke",
  login: "/api/m2m/v1/session/login",
  logout: "/api/m2m/v1/session/logout",
  session: "/api/m2m/v1/session/",
  account: "/api/m2m/v1/accounts",
  location: "/api/loc/v1",
  connector: "/api/cc/v1",
  vehicles: "/api/v1/",
  numbered: "/api/devices/",
  any: ""
}

export type Target = keyof typeof targets

/** The node that lags behind a new token. */
export const lagging = targets.connector

/** What the platform's own words cannot be told from, or what befalls its answers. */
export const mishaps = [
  "lost request",
  "lost response",
  "truncated",
  "late",
  "hang",
  "408",
  "407",
  "429",
  "429 without a word",
  "429 with Retry-After",
  "500",
  "503",
  "504",
  "511",
  "gateway throttled",
  "gateway throttled with Retry-After",
  "backend unreachable",
  "endpoint suspended",
  "garbage",
  "web page",
  "empty",
  "bare 401",
  "token refused",
  "session refused",
  "password refused",
  "unexpected error",
  "OAuth error in a 200",
  "password refused in a 200",
  "redirect"
] as const

export type Mishap = (typeof mishaps)[number]

export type Step =
  | {
      readonly do: "call"
      readonly api: Api
      readonly times: number
      /** Which of the process's users calls; the first, unless said. */
      readonly as?: number
      /** Whether the caller gives up after so many milliseconds, by its own time-out or by being interrupted. */
      readonly patience?: number
      readonly givesUp?: "timeout" | "interrupt"
    }
  | { readonly do: "wait"; readonly millis: number }
  | {
      readonly do: "fault"
      readonly target: Target
      readonly mishap: Mishap
      readonly times: number
      /** Whether the platform judges the request all the same, and only its answer is replaced. */
      readonly judged?: boolean
      /** For how many milliseconds it meets every request, in place of so many times. */
      readonly lasts?: number
    }
  | { readonly do: "clear faults" }
  | { readonly do: "revoke elsewhere" }
  | { readonly do: "end sessions" }
  | { readonly do: "log in elsewhere" }
  | { readonly do: "restart the platform" }
  /** The password that the platform accepts; users are locked and unlocked independently of it. */
  | { readonly do: "set platform password"; readonly user: number; readonly password: number }
  | { readonly do: "rotate credentials"; readonly user: number; readonly password: number }
  | { readonly do: "vault"; readonly is: "open" | "sealed" | "stuck" }
  | { readonly do: "reset the guard" }
  | { readonly do: "revoke" }
  | { readonly do: "log out" }
  | { readonly do: "interrupt callers" }
  | { readonly do: "set the clock"; readonly by: number }
  | { readonly do: "close" }
  /** The layers are closed and built again, in the same process. */
  | { readonly do: "rebuild" }
  /** The process dies without a word, and another takes its place. */
  | { readonly do: "restart the process" }
  | { readonly do: "application secret"; readonly is: "right" | "wrong" }

const oneOf = FastCheck.oneof

const between = (min: number, max: number): FastCheck.Arbitrary<number> => FastCheck.integer({ min, max })

const second = 1000
const minute = 60 * second

/** Times at which something happens, and their neighbourhood. */
const aWhile = oneOf(
  { weight: 3, arbitrary: between(0, 60) },
  { weight: 3, arbitrary: between(60, 2 * second) },
  { weight: 3, arbitrary: between(2 * second, 70 * second) },
  { weight: 3, arbitrary: between(2 * minute, 19 * minute) },
  { weight: 2, arbitrary: between(20 * minute - 5 * second, 20 * minute + 5 * second) },
  { weight: 1, arbitrary: between(29 * minute, 41 * minute) },
  { weight: 2, arbitrary: between(58 * minute, 61 * minute) },
  { weight: 1, arbitrary: between(0, 180 * minute) }
)

const travel = oneOf(
  { weight: 20, arbitrary: between(0, 400) },
  { weight: 1, arbitrary: between(3 * second, 9 * second) },
  { weight: 1, arbitrary: between(9990, 10010) },
  { weight: 1, arbitrary: between(10 * second, 25 * second) }
)

const setup: FastCheck.Arbitrary<Setup> = FastCheck.record({
  seed: between(0, 1_000_000),
  relogin: FastCheck.constantFrom("onIdleExpiry", "stop", "twice", "forever"),
  logoutOnClose: FastCheck.boolean(),
  refreshMargin: FastCheck.constantFrom(minute, 0, 10 * minute),
  singleSession: FastCheck.boolean(),
  tokenLifetime: FastCheck.constantFrom(60 * minute, 11 * minute, 90 * second, 30 * second),
  tenants: oneOf({ weight: 3, arbitrary: FastCheck.constant(1) }, { weight: 1, arbitrary: FastCheck.constant(2) }),
  store: oneOf({ weight: 7, arbitrary: FastCheck.constant(false) }, { weight: 1, arbitrary: FastCheck.constant(true) }),
  linger: oneOf({ weight: 2, arbitrary: FastCheck.constant(0) }, { weight: 1, arbitrary: between(100, 400) }),
  lag: oneOf({ weight: 2, arbitrary: FastCheck.constant(0) }, { weight: 1, arbitrary: between(50, 3 * second) }),
  ending: oneOf(
    { weight: 2, arbitrary: FastCheck.constant<Ending>("none") },
    { weight: 1, arbitrary: FastCheck.constantFrom(...endings) }
  ),
  outward: FastCheck.array(travel, { minLength: 1, maxLength: 4 }),
  homeward: FastCheck.array(travel, { minLength: 1, maxLength: 4 })
})

/** Those whose paths are numbered belong to an ending. */
const everyApi = Object.keys(apis).filter((name): name is Api => name in apis && !name.startsWith("numbered"))
const isAllowed = (name: Api): boolean => !forbidden.has(name)
const everyTarget = Object.keys(targets).filter((name): name is Target => name in targets)

const api: FastCheck.Arbitrary<Api> = oneOf(
  { weight: 6, arbitrary: FastCheck.constant<Api>("account") },
  { weight: 6, arbitrary: FastCheck.constantFrom(...everyApi.filter(isAllowed)) },
  { weight: 1, arbitrary: FastCheck.constant<Api>("forbidden") },
  { weight: 1, arbitrary: FastCheck.constantFrom(...everyApi.filter((name) => !isAllowed(name))) }
)

const call: FastCheck.Arbitrary<Step> = oneOf(
  { weight: 4, arbitrary: FastCheck.record({ do: FastCheck.constant("call" as const), api, times: between(1, 3) }) },
  {
    weight: 1,
    arbitrary: FastCheck.record({ do: FastCheck.constant("call" as const), api, times: between(4, 25) })
  },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("call" as const),
      api,
      times: between(1, 3),
      patience: between(0, 20 * second),
      givesUp: FastCheck.constantFrom("timeout" as const, "interrupt" as const)
    })
  },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("call" as const),
      api,
      times: between(1, 3),
      as: FastCheck.constant(1)
    })
  }
)

const target: FastCheck.Arbitrary<Target> = oneOf(
  { weight: 3, arbitrary: FastCheck.constantFrom<Target>("token", "login", "account") },
  { weight: 1, arbitrary: FastCheck.constantFrom(...everyTarget) }
)

const fault: FastCheck.Arbitrary<Step> = FastCheck.record({
  do: FastCheck.constant("fault" as const),
  target,
  mishap: FastCheck.constantFrom(...mishaps),
  times: oneOf({ weight: 4, arbitrary: between(1, 2) }, { weight: 1, arbitrary: between(3, 12) }),
  judged: FastCheck.boolean()
})

/** How long an outage lasts: a throttling gateway some seconds, a service that hangs some minutes. */
const outageLasts = oneOf(
  { weight: 3, arbitrary: between(second, 30 * second) },
  { weight: 1, arbitrary: between(30 * second, 2 * minute) },
  { weight: 1, arbitrary: between(2 * minute, 20 * minute) }
)

const someone = { user: between(0, users - 1), password: between(0, passwords - 1) }

const jump = oneOf(between(-second, second), between(-minute, minute), between(-90 * minute, 90 * minute))

const step: FastCheck.Arbitrary<Step> = oneOf(
  { weight: 20, arbitrary: call },
  { weight: 16, arbitrary: FastCheck.record({ do: FastCheck.constant("wait" as const), millis: aWhile }) },
  { weight: 10, arbitrary: fault },
  { weight: 1, arbitrary: FastCheck.constant({ do: "clear faults" } as const) },
  { weight: 2, arbitrary: FastCheck.constant({ do: "revoke elsewhere" } as const) },
  { weight: 2, arbitrary: FastCheck.constant({ do: "end sessions" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "log in elsewhere" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "restart the platform" } as const) },
  {
    weight: 2,
    arbitrary: FastCheck.record({ do: FastCheck.constant("set platform password" as const), ...someone })
  },
  { weight: 3, arbitrary: FastCheck.record({ do: FastCheck.constant("rotate credentials" as const), ...someone }) },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("vault" as const),
      is: FastCheck.constantFrom("open" as const, "sealed" as const, "stuck" as const)
    })
  },
  { weight: 1, arbitrary: FastCheck.constant({ do: "reset the guard" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "revoke" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "log out" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "interrupt callers" } as const) },
  { weight: 1, arbitrary: FastCheck.record({ do: FastCheck.constant("set the clock" as const), by: jump }) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "close" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "rebuild" } as const) },
  { weight: 1, arbitrary: FastCheck.constant({ do: "restart the process" } as const) },
  {
    weight: 1,
    arbitrary: FastCheck.record({
      do: FastCheck.constant("application secret" as const),
      is: FastCheck.constantFrom("right" as const, "wrong" as const)
    })
  }
)

/** A request goes wrong, and somebody calls again soon. */
const mishapAndRetry: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.tuple(
  fault,
  call,
  FastCheck.record({ do: FastCheck.constant("wait" as const), millis: between(0, 5 * second) }),
  call
)

/** Somebody tries one password after another. */
const guesses: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.tuple(
  FastCheck.constant({ do: "end sessions" } as const),
  FastCheck.array(
    FastCheck.tuple(
      FastCheck.record({
        do: FastCheck.constant("rotate credentials" as const),
        user: FastCheck.constant(0),
        password: someone.password
      }),
      FastCheck.constant({ do: "call", api: "account", times: 1 } as const),
      FastCheck.constant({ do: "wait", millis: 2 * second } as const)
    ),
    { minLength: 3, maxLength: 8, size: "max" }
  )
).map(([first, rest]) => [first, ...rest.flat()])

/** Credentials are lost in the middle of an outage, and somebody goes on calling. */
const outage: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.tuple(
  FastCheck.record({
    target: FastCheck.constantFrom<Target>("login", "session", "token", "any"),
    mishap: FastCheck.constantFrom<Mishap>(
      "lost response",
      "late",
      "hang",
      "429 without a word",
      "429 with Retry-After",
      "500",
      "503",
      "504",
      "gateway throttled",
      "backend unreachable",
      "endpoint suspended",
      "web page",
      "bare 401"
    ),
    judged: FastCheck.boolean(),
    lasts: outageLasts
  }),
  FastCheck.constantFrom<Step>({ do: "end sessions" }, { do: "revoke elsewhere" }, { do: "restart the platform" }),
  FastCheck.array(oneOf(between(500, 3 * second), between(5 * second, 40 * second)), { minLength: 3, maxLength: 8 })
).map(([trouble, loss, pauses]) => [
  loss,
  { do: "fault", times: 1, ...trouble },
  ...pauses.flatMap(
    (millis): ReadonlyArray<Step> => [
      { do: "call", api: "account", times: 1 },
      { do: "wait", millis }
    ]
  )
])

/** A password is changed on one side and then on the other, and callers do not wait for it. */
const rotation: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.tuple(
  someone.password,
  FastCheck.boolean(),
  between(0, 20 * second),
  between(0, 20 * second)
).map(([password, vaultFirst, before, after]) => {
  const sides: ReadonlyArray<Step> = [
    { do: "rotate credentials", user: 0, password },
    { do: "set platform password", user: 0, password }
  ]
  return [
    ...(vaultFirst ? sides : [...sides].reverse()).flatMap(
      (side, n): ReadonlyArray<Step> => [
        side,
        { do: "end sessions" },
        { do: "call", api: "account", times: 2 },
        { do: "wait", millis: n === 0 ? before : after }
      ]
    )
  ]
})

/** A program that is started again and again while its credentials are wrong. */
const crashLoop: FastCheck.Arbitrary<ReadonlyArray<Step>> = FastCheck.tuple(
  someone.password,
  FastCheck.constantFrom<Step>({ do: "rebuild" }, { do: "restart the process" }),
  FastCheck.array(between(0, 12 * second), { minLength: 2, maxLength: 7 })
).map(([password, again, pauses]) => [
  { do: "rotate credentials", user: 0, password },
  { do: "end sessions" },
  ...pauses.flatMap(
    (millis): ReadonlyArray<Step> => [{ do: "call", api: "account", times: 1 }, { do: "wait", millis }, again]
  )
])

export const arbitrary: FastCheck.Arbitrary<Program> = FastCheck.record({
  setup,
  steps: FastCheck.array(
    oneOf(
      { weight: 40, arbitrary: FastCheck.tuple(step) },
      { weight: 5, arbitrary: mishapAndRetry },
      { weight: 1, arbitrary: guesses },
      { weight: 1, arbitrary: outage },
      { weight: 1, arbitrary: rotation },
      { weight: 1, arbitrary: crashLoop }
    ),
    { minLength: 1, maxLength: 20, size: "max" }
  ).map((parts) => parts.flat())
})

const literal = (value: unknown): string =>
  JSON.stringify(value)
    .replaceAll(/"(\w+)":/g, " $1: ")
    .replaceAll("{ ", "{ ")
    .replaceAll(/([^ ])}/g, "$1 }")
    .replaceAll(/,(?=")/g, ", ")

/** The program as a value of `test/simulation/regressions.ts`. */
export const print = ({ setup, steps }: Program): string =>
  [
    "{",
    `  setup: ${literal(setup)},`,
    "  steps: [",
    steps.map((one) => `    ${literal(one)}`).join(",\n"),
    "  ]",
    "}"
  ].join("\n")
