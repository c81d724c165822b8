/**
 * Runs one program from the start to an orderly end, and says which promises were broken.
 */
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as RuntimeFlags from "effect/RuntimeFlags"
import * as RuntimeFlagsPatch from "effect/RuntimeFlagsPatch"
import * as Scheduler from "effect/Scheduler"
import { tell } from "./endings.js"
import type { Note, Sending } from "./ledger.js"
import * as Observer from "./observer.js"
import { app, passwordOf, usernames } from "./platform.js"
import { forbidden, type Program, passwords, users } from "./program.js"
import { recover } from "./recovery.js"
import * as Subtle from "./subtle.js"
import * as VirtualClock from "./virtualClock.js"
import { type Call, make, type World } from "./world.js"

/** What a program has come to. */
export interface Report {
  readonly violations: ReadonlyArray<string>
  readonly calls: ReadonlyArray<Call>
  readonly sendings: ReadonlyArray<Sending>
  /** Milliseconds of the steady clock. */
  readonly elapsed: number
  /** Refused credentials that were sent again because an API was braked. */
  readonly excused: number
  /** Refused logins that nobody could see were judged. */
  readonly hidden: number
}

const second = 1000

/** Before each of three sendings: reading credentials, a token, a login, and another token and login after a refusal. */
const longestRenewal = 60 * second
/** How long somebody else is waited for who acquires the same for all. */
const longestLease = 70 * second
/** Out and home. */
const longestJourney = 2 * 25 * second

const longestCall = ({ setup }: World): number =>
  3 * (longestRenewal + longestJourney + (setup.store ? 2 * longestLease : 0))

const authErrors: ReadonlySet<unknown> = new Set([
  "OAuthError",
  "SessionError",
  "EndpointError",
  "CredentialsError",
  "LoginBlocked"
])

const isTyped = (error: unknown): boolean =>
  HttpClientError.isHttpClientError(error) ||
  (Predicate.hasProperty(error, "_tag") && (authErrors.has(error._tag) || error._tag === "TimeoutException"))

const isInvalidUrl = (error: unknown): boolean =>
  HttpClientError.isHttpClientError(error) && error._tag === "RequestError" && error.reason === "InvalidUrl"

const isNotSent = (error: unknown): boolean =>
  Predicate.hasProperty(error, "_tag") &&
  error._tag === "EndpointError" &&
  Predicate.hasProperty(error, "reason") &&
  error.reason === "NotSent"

/** API calls have no deadline of ours. */
const isLost = ({ ledger }: World, call: Call): boolean =>
  ledger.sendings.some((sending) => sending.call === call.name && sending.decision?.mishap === "hang")

const judge = (world: World, call: Call): void => {
  const { exit } = call
  const lasts = Math.min(call.endedAt, world.clock.elapsed()) - call.at
  if (lasts > longestCall(world) && !isLost(world, call)) {
    world.ledger.violate(exit === undefined ? `call ${call.name} never ends` : `call ${call.name} takes too long`)
  }
  if (exit === undefined) return
  if (Exit.isSuccess(exit)) {
    if (forbidden.has(call.api)) world.ledger.violate(`call ${call.name} to ${call.api} is answered`)
    return
  }
  const error = Cause.squash(exit.cause)
  if (Cause.isInterruptedOnly(exit.cause)) {
    if (call.leftAlone) world.ledger.violate(`call ${call.name} is interrupted by nobody`)
  } else if (exit.cause._tag !== "Fail" && !Cause.isInterrupted(exit.cause)) {
    world.ledger.violate(`call ${call.name} dies: ${Cause.pretty(exit.cause)}`)
  } else if (!isTyped(error)) {
    world.ledger.violate(`call ${call.name} fails with ${String(error)}`)
  } else if (isNotSent(error) && !call.outlived && !world.setup.store) {
    // All that is sent here can be sent: what was under way must have been taken down with another call.
    world.ledger.violate(`call ${call.name} fails as in a closed layer: ${String(error)}`)
  } else if (forbidden.has(call.api) && !isInvalidUrl(error) && !Cause.isInterrupted(exit.cause)) {
    world.ledger.violate(`call ${call.name} to ${call.api} fails with ${String(error)}`)
  }
}

const closing = (world: World): Effect.Effect<void> =>
  Effect.gen(function* () {
    const { clock, ledger } = world
    yield* world.close
    const left = yield* world.leftover
    if (left > 0) ledger.violate(`${left} fibers are left after the layer has closed`)
    const call = yield* world.call("account")
    yield* clock.settle
    if (call.exit === undefined || Exit.isSuccess(call.exit)) ledger.violate("a closed layer answers")
    yield* clock.advance(3 * 3_600_000)
    for (const one of world.calls) judge(world, one)
    yield* world.take({ do: "interrupt callers" })
    if (world.calls.some(({ exit }) => exit === undefined)) ledger.violate("an interrupted call does not end")
    if (clock.sleepers() > 0) ledger.violate(`${clock.sleepers()} sleepers are left`)
  })

const play = (world: World, program: Program): Effect.Effect<void> =>
  Effect.gen(function* () {
    for (const step of program.steps) {
      yield* world.take(step)
      for (const call of world.calls) judge(world, call)
      if (world.ledger.violations.length > 0) return
    }
    if (!world.isClosed()) {
      yield* recover(world)
      if (world.ledger.violations.length > 0) return
      yield* tell(world)
      for (const call of world.calls) judge(world, call)
      if (world.ledger.violations.length > 0) return
      yield* world.heal
    }
    yield* closing(world)
  })

const everyPassword = Array.from({ length: users * passwords }, (_, n) => passwordOf(n % users, Math.floor(n / users)))

/** Many times what a program takes: with more, somebody goes round and round in no time. */
const enoughTurns = 200_000

/** The usual one lets timers of the real clock decide now and then, and looks at every step whether to yield. */
const makeScheduler = (onEndless: () => void): Scheduler.Scheduler => {
  let turns = 0
  return Scheduler.make(
    (task) => {
      turns += 1
      if (turns <= enoughTurns) queueMicrotask(task)
      else onEndless()
    },
    (fiber) => (fiber.currentOpCount > 10_000 ? 0 : false)
  )
}

const untold: Note = () => undefined

const endless: Report = {
  violations: ["time stands still: the pipeline goes round and round"],
  calls: [],
  sendings: [],
  elapsed: 0,
  excused: 0,
  hidden: 0
}

/** Runs a program from the start to an orderly end, and notes down what happens. */
export const run = (program: Program, note = untold): Promise<Report> =>
  new Promise((resolve, reject) => {
    Subtle.install()
    const clock = VirtualClock.make()
    Effect.gen(function* () {
      const observer = yield* Observer.make
      const world = yield* observer.observe(
        Effect.tap(make(program, { clock, observer, note }), (world) =>
          Effect.catchAllCause(play(world, program), (cause) =>
            Effect.sync(() => world.ledger.violate(`the program dies: ${Cause.pretty(cause)}`))
          )
        )
      )
      const { ledger } = world
      const secrets = [...ledger.secrets, app.secret, app.wrongSecret, ...everyPassword]
      for (const text of observer.leaks(secrets)) ledger.violate(`a secret is printed: ${text}`)
      const stored = world.stored().join("\n")
      if ([...secrets, ...usernames].some((one) => stored.includes(one))) ledger.violate("a store learns a secret")
      return {
        violations: [...new Set(ledger.violations)],
        calls: world.calls,
        sendings: ledger.sendings,
        elapsed: clock.elapsed(),
        excused: ledger.excused(),
        hidden: ledger.strikes.hidden()
      }
    })
      .pipe(
        Effect.scoped,
        Effect.withClock(clock.wall),
        Effect.withRandom(Random.make(program.setup.seed)),
        Effect.withScheduler(makeScheduler(() => resolve(endless))),
        Effect.withRuntimeFlagsPatch(RuntimeFlagsPatch.disable(RuntimeFlags.RuntimeMetrics)),
        Effect.runPromise
      )
      .then(resolve, reject)
  })
