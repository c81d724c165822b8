/**
 * Trouble of one kind, which comes when all is well, and how long it may be felt when it is over.
 */
import * as Effect from "effect/Effect"
import type { Sending } from "./ledger.js"
import type { Fault } from "./platform.js"
import type { Ending, Mishap } from "./program.js"
import { brings, callAndWait, deadline, firstSuccess, isBlockedForGood, retryAfterOf } from "./recovery.js"
import type { Call, World } from "./world.js"

type Story = (world: World) => Effect.Effect<void>

const second = 1000
const minute = 60 * second

const oneOf = <A>(world: World, options: readonly [A, ...ReadonlyArray<A>]): A =>
  options[world.setup.seed % options.length] ?? options[0]

/** Calls again and again for a while. */
const calling = (world: World, api: Call["api"], every: number, lasts: number): Effect.Effect<ReadonlyArray<Call>> =>
  Effect.gen(function* () {
    const until = world.clock.elapsed() + lasts
    const calls: Array<Call> = []
    while (world.clock.elapsed() < until) {
      if (api !== "revoke" && api !== "log out") calls.push(yield* world.call(api))
      yield* world.clock.advance(every)
    }
    return calls
  })

const sentSince = (world: World, since: number, kind: Sending["kind"]): ReadonlyArray<Sending> =>
  world.ledger.sendings.filter((one) => one.kind === kind && one.at >= since)

const everySecond = () => second

/** The session is over and its service in trouble; somebody goes on calling. */
const loginTrouble = (
  world: World,
  fault: Omit<Fault, "times" | "lasts">,
  lasts: number,
  {
    every = second,
    pause = 30 * second,
    strikes
  }: { readonly every?: number; readonly pause?: number; readonly strikes: number }
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { clock, ledger, platform } = world
    const [tenant] = world.tenants()
    if (tenant === undefined) return
    yield* platform.endSessions
    platform.put({ ...fault, times: 1, lasts })
    const since = clock.elapsed()
    yield* calling(world, "account", every, lasts)
    const sent = sentSince(world, since, "login").filter(({ user }) => user === tenant.user)
    const count = ledger.strikes.count(tenant.line, tenant.user)
    if (count > strikes || (strikes > 0 && sent.length > strikes)) {
      ledger.violate(`trouble of one kind costs more than ${strikes} strikes`)
    }
    const over = clock.elapsed()
    yield* firstSuccess(world, () => Math.max(over, ...retryTimes(world, since)) + pause + deadline + second, {
      every: everySecond
    })
  })

/** What the platform has asked to be waited for. */
const retryTimes = (world: World, since: number): ReadonlyArray<number> =>
  world.ledger.sendings.flatMap(({ at, outcome }) =>
    at >= since && outcome?._tag === "Answered" && outcome.retryAfter !== undefined
      ? [at + Number(outcome.retryAfter) * second]
      : []
  )

const throttled: Story = (world) => {
  const mishap = oneOf<Mishap>(world, [
    "gateway throttled",
    "429 without a word",
    "429 with Retry-After",
    "gateway throttled with Retry-After",
    "backend unreachable",
    "endpoint suspended"
  ])
  const target = world.setup.seed % 2 === 0 ? "any" : "session"
  return loginTrouble(world, { target, mishap }, 10 * second, { strikes: 0 })
}

const hangs =
  (lasts: number, every: number): Story =>
  (world) =>
    loginTrouble(world, { target: "session", mishap: "hang" }, lasts, { every, strikes: 1 })

const unavailable: Story = (world) =>
  loginTrouble(world, { target: "login", mishap: oneOf<Mishap>(world, ["503", "500", "504"]) }, 20 * second, {
    strikes: 3
  })

const misrouted: Story = (world) =>
  loginTrouble(world, { target: "login", mishap: oneOf<Mishap>(world, ["407", "511", "redirect"]) }, 10 * second, {
    strikes: 0
  })

/** The program's password is wrong now, and mended when callers have been told so. */
const withWrongPassword = (
  world: World,
  fault: Omit<Fault, "target"> | undefined,
  refusals: number
): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { clock, ledger, platform } = world
    const [tenant] = world.tenants()
    if (tenant === undefined) return
    const since = clock.elapsed()
    yield* world.take({ do: "rotate credentials", user: 0, password: 7 })
    yield* platform.setPassword(0, 6)
    yield* platform.endSessions
    if (fault !== undefined) platform.put({ ...fault, target: "login" })
    yield* calling(world, "account", 3 * second, minute)
    const sent = sentSince(world, since, "login").filter(({ line }) => line === tenant.line)
    if (sent.length > refusals) ledger.violate(`a wrong password is sent more than ${refusals} times`)
    const told = yield* world.call("account")
    yield* clock.settle
    if (!isBlockedForGood(told)) ledger.violate("a refused password is not latched")
    yield* world.take({ do: "rotate credentials", user: 0, password: 6 })
    platform.clearFaults()
    const over = clock.elapsed()
    yield* firstSuccess(world, () => over + 30 * second + deadline, { every: everySecond })
  })

/** The token is handed out at its end for longer than its APIs take it. */
const lingering: Story = (world) =>
  Effect.gen(function* () {
    const { clock, ledger, platform, setup } = world
    const endsAt = platform.tokenEndsAt()
    if (endsAt === undefined) return
    yield* clock.advance(Math.max(0, endsAt - clock.elapsed() - 2 * second))
    // It may have idled out.
    yield* firstSuccess(world, () => clock.elapsed() + deadline)
    if (platform.tokenEndsAt() !== endsAt) return
    yield* clock.advance(Math.max(0, endsAt - clock.elapsed() - 300))
    const calls = yield* calling(world, "account", 50, 1500 + setup.linger)
    yield* clock.advance(second)
    const isLong = ({ at, endedAt }: Call): boolean => endedAt > Math.max(at, endsAt + setup.linger) + 500
    if (!calls.every((call) => brings(call))) ledger.violate("a call fails when the token is handed out at its end")
    else if (calls.some(isLong)) ledger.violate("a call waits for long when the token is handed out at its end")
  })

/** One node of the platform's knows a new token later than the others. */
const lagging: Story = (world) =>
  Effect.gen(function* () {
    const { clock, ledger, platform, setup } = world
    yield* platform.revokeElsewhere
    const since = clock.elapsed()
    const calls = yield* calling(world, "connector", 100, 2 * setup.lag + second)
    yield* clock.advance(second)
    const late = calls.filter(({ at }) => at > since + 2 * setup.lag + 200)
    if (!late.every((call) => brings(call))) ledger.violate("a node that lags is felt for longer than twice the lag")
  })

/** It costs little, and is not felt elsewhere. */
const refusing: Story = (world) =>
  Effect.gen(function* () {
    const { clock, ledger, platform } = world
    const since = clock.elapsed()
    const lasts = 80 * second
    const mishap = oneOf<Mishap>(world, ["bare 401", "session refused", "token refused"])
    platform.put({ target: "numbered", mishap, times: 1, lasts })
    const api = world.setup.seed % 2 === 0 ? "numbered" : "numberedStream"
    const others: Array<Call> = []
    while (clock.elapsed() < since + lasts) {
      yield* calling(world, api, 2 * second, 8 * second)
      others.push(yield* callAndWait(world, "account"))
    }
    // A token that does not live long is renewed anyway.
    const { refreshMargin, tokenLifetime } = world.setup
    const kinds = tokenLifetime - refreshMargin > 10 * minute ? (["token", "login"] as const) : (["login"] as const)
    for (const kind of kinds) {
      const times = sentSince(world, since, kind).map(({ at }) => at)
      const isOften = times.some((at, n) => n >= 3 && at - (times[n - 3] ?? 0) < minute)
      if (isOften)
        ledger.violate(`an API that refuses everything costs more than three requests for a ${kind} a minute`)
    }
    if (!others.every((call) => brings(call))) ledger.violate("an API that refuses everything is felt elsewhere")
  })

/** Callers who cannot send again, or give up, while sessions die now and then. */
const impatient: Story = (world) =>
  Effect.gen(function* () {
    const { clock, ledger, platform, setup } = world
    for (let n = 0; n < 8; n++) {
      yield* platform.endSessions
      if (setup.seed % 2 === 0) yield* world.call("stream")
      else yield* world.take({ do: "call", api: "account", times: 2, patience: 0, givesUp: "interrupt" })
      yield* clock.advance(15 * second)
      for (const api of ["account", "stream"] as const) {
        const call = yield* callAndWait(world, api)
        if (!brings(call)) return ledger.violate("a session that died is not healed where callers are impatient")
      }
    }
  })

const wrongSecret: Story = (world) =>
  Effect.gen(function* () {
    const { clock, ledger, platform, setup } = world
    if (setup.store) return
    yield* world.take({ do: "application secret", is: "wrong" })
    yield* platform.revokeElsewhere
    const since = clock.elapsed()
    yield* calling(world, "account", 100, 3 * second)
    if (sentSince(world, since, "token").length > 5) ledger.violate("a wrong secret is sent more than 5 times in 3 s")
    yield* world.take({ do: "application secret", is: "right" })
    const over = clock.elapsed()
    yield* firstSuccess(world, () => over + second, { every: () => 100 })
  })

const tokenThrottled: Story = (world) =>
  Effect.gen(function* () {
    const { clock, ledger, platform } = world
    yield* platform.revokeElsewhere
    platform.put({ target: "token", mishap: "gateway throttled with Retry-After", times: 1, lasts: 10 * second })
    const since = clock.elapsed()
    const calls = yield* calling(world, "account", 250, 3 * second)
    if (new Set(sentSince(world, since, "token").map(({ at }) => at)).size > 1)
      ledger.violate("a token is asked for although Retry-After says when")
    if (calls.some((call) => retryAfterOf(call) === undefined)) {
      ledger.violate("an error does not say when to come back")
    }
    yield* firstSuccess(world, () => Math.max(...retryTimes(world, since)) + 2 * second, { every: everySecond })
  })

const stories: Readonly<Record<Ending, Story>> = {
  none: () => Effect.void,
  throttled,
  "session service hangs": hangs(2 * minute, 5 * second),
  "session service hangs for long": hangs(20 * minute, 30 * second),
  "login unavailable": unavailable,
  "login misrouted": misrouted,
  "late refusal": (world) => withWrongPassword(world, { mishap: "late", times: 1, lasts: 5 * minute }, 2),
  "refused in a 200": (world) =>
    withWrongPassword(world, { mishap: "password refused in a 200", times: 9, judged: true }, 1),
  "lingering token": lingering,
  "lagging node": lagging,
  "API that refuses everything": refusing,
  "impatient callers": impatient,
  "wrong secret": wrongSecret,
  "token endpoint throttled": tokenThrottled
}

export const tell: Story = (world) => stories[world.setup.ending](world)
