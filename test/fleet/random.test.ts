import { setTimeout } from "node:timers/promises"
import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import type { VirtualClock } from "../simulation/virtualClock.js"
import * as virtualClock from "../simulation/virtualClock.js"
import { paths, received } from "../utils/pipeline.js"
import { all, inMemory, type Member, member, reset } from "./runtimes.js"

const faults = new Map([
  ["the answer is lost", ThingSpaceEmulator.lostResponse],
  ["the request is lost", ThingSpaceEmulator.lostRequest],
  ["the platform is unwell", ThingSpaceEmulator.answer(503)]
])

/** What befalls a fleet. */
type Event =
  | { readonly _tag: "Calls"; readonly each: number }
  | { readonly _tag: "Ends" | "Revoked" | "Starts" | "Mistaken" }
  | { readonly _tag: "Stops"; readonly which: number }
  | { readonly _tag: "Fails"; readonly what: "login" | "token"; readonly how: string }
  | { readonly _tag: "Passes"; readonly seconds: number }

const { constantFrom, integer, nat, oneof, tuple } = FastCheck

const event: FastCheck.Arbitrary<Event> = oneof(
  { weight: 6, arbitrary: integer({ min: 1, max: 5 }).map((each): Event => ({ _tag: "Calls", each })) },
  {
    weight: 4,
    arbitrary: constantFrom("Ends" as const, "Revoked" as const, "Starts" as const, "Mistaken" as const).map(
      (_tag): Event => ({ _tag })
    )
  },
  { weight: 1, arbitrary: nat(9).map((which): Event => ({ _tag: "Stops", which })) },
  {
    weight: 2,
    arbitrary: tuple(constantFrom("login" as const, "token" as const), constantFrom(...faults.keys())).map(
      ([what, how]): Event => ({ _tag: "Fails", what, how })
    )
  },
  {
    weight: 3,
    arbitrary: constantFrom(1, 10, 90, 1300, 4000).map((seconds): Event => ({ _tag: "Passes", seconds }))
  }
)

/** Cryptography takes its own time, however little of the virtual one passes. */
const turn = Effect.promise(() => setTimeout(0))

const meanwhile = <A, E, R>(clock: VirtualClock, effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    while (Option.isNone(yield* Fiber.poll(fiber))) {
      yield* turn
      yield* clock.advance(20)
    }
    return yield* Fiber.join(fiber)
  })

/** Lets a longer time pass, of which what happens meanwhile takes a small part. */
const passing = (clock: VirtualClock, seconds: number) =>
  Effect.repeatN(Effect.zipRight(clock.advance(seconds * 20), turn), 49)

/** The most logins, and the most token requests, that were under way at once. */
const watching = Effect.map(HttpClient.HttpClient, (client) => {
  const now = { [paths.login]: 0, [paths.token]: 0 }
  const most = { [paths.login]: 0, [paths.token]: 0 }
  const watched = HttpClient.transform(client, (response, { url }) => {
    const path = new URL(url).pathname
    if (!(path in now)) return response
    return Effect.acquireUseRelease(
      Effect.sync(() => {
        now[path] = (now[path] ?? 0) + 1
        most[path] = Math.max(most[path] ?? 0, now[path] ?? 0)
      }),
      () => response,
      () =>
        Effect.sync(() => {
          now[path] = (now[path] ?? 0) - 1
        })
    )
  })
  return { most, layer: Layer.succeed(HttpClient.HttpClient, watched) }
})

const wrong = { password: Redacted.make("last-quarters-password") }

const program = (events: ReadonlyArray<Event>, clock = virtualClock.make()) =>
  Effect.gen(function* () {
    const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
    const { layer, most } = yield* watching
    const shared = yield* inMemory
    const start = (options?: typeof wrong) => Effect.provide(member(shared, options), layer)
    const members: Array<Member> = [yield* start(), yield* start(), yield* start()]
    const reasons = { logins: 1, tokens: 1 }
    const lostLogins = events.filter((one) => one._tag === "Fails" && one.what === "login").length
    let isMistaken = false

    for (const one of events) {
      switch (one._tag) {
        case "Calls":
          yield* meanwhile(clock, all(members.flatMap(({ call }) => Array.from({ length: one.each }, () => call))))
          break
        case "Ends":
          reasons.logins += 1
          yield* emulator.endSessions
          break
        case "Revoked":
          reasons.tokens += 1
          yield* emulator.revokeAll
          break
        case "Starts":
          members.push(yield* start())
          break
        case "Mistaken":
          if (!isMistaken) reasons.logins += 1
          isMistaken = true
          members.push(yield* start(wrong))
          break
        case "Stops":
          if (members.length > 1) {
            const [stopped] = members.splice(one.which % members.length, 1)
            if (stopped !== undefined) yield* meanwhile(clock, stopped.stop)
          }
          break
        case "Fails": {
          reasons.logins += one.what === "login" ? 1 : 0
          reasons.tokens += 1
          const fault = faults.get(one.how)
          if (fault !== undefined) yield* emulator.failNext(fault, { path: paths[one.what] })
          break
        }
        case "Passes":
          yield* passing(clock, one.seconds)
          break
      }
    }

    yield* emulator.clearFaults
    yield* passing(clock, 2700)
    const healthy = yield* start()
    const first = yield* meanwhile(clock, healthy.call)
    // Four failures in a row of which one was a refusal are as many as the guard allows without being asked.
    const isSpent = first === "LoginBlocked" && isMistaken && lostLogins >= 3
    if (isSpent) yield* meanwhile(clock, healthy.run(reset))
    const outcome = isSpent ? yield* meanwhile(clock, healthy.call) : first
    const locked = yield* emulator.lockedUsers
    // With an access token that has been revoked, a login is refused before anybody looks at the password.
    const logins = (yield* received(paths.login)).filter(({ status }) => status !== 401)
    const tokens = yield* received(paths.token)
    const refused = logins.filter(({ body }) => body.includes(Redacted.value(wrong.password)))
    // Sessions idle out, and tokens expire; in its last minute a token is asked for once more.
    const hours = clock.elapsed() / 3_600_000
    reasons.logins += Math.ceil(hours * 3)
    reasons.tokens += 2 * Math.ceil(hours)
    return {
      outcome,
      locked,
      most,
      lost: lostLogins,
      refused: refused.length,
      logins: logins.length,
      tokens: tokens.length,
      reasons
    }
  }).pipe(
    Effect.scoped,
    Effect.provide(ThingSpaceEmulator.layer({ requestLatency: "30 millis", responseLatency: "30 millis" })),
    Effect.withClock(clock.steady)
  )

describe("a fleet that anything may befall", () => {
  it("acquires one at a time and never without a reason, sends a wrong password once, and recovers", async () => {
    await FastCheck.assert(
      FastCheck.asyncProperty(FastCheck.array(event, { minLength: 5, maxLength: 25 }), async (events) => {
        const { locked, logins, lost, most, outcome, reasons, refused, tokens } = await Effect.runPromise(
          program(events)
        )
        assert.deepStrictEqual(locked, [])
        assert.strictEqual(outcome, "200")
        assert.isAtMost(most[paths.login] ?? 0, 1, "logins under way at once")
        assert.isAtMost(most[paths.token] ?? 0, 1, "token requests under way at once")
        assert.isAtMost(refused, 1 + lost, "a refused password is sent again")
        assert.isAtMost(tokens, reasons.tokens, "a token is asked for without a reason")
        assert.isAtMost(logins, reasons.logins, "a login is made without a reason")
      }),
      { numRuns: 20, seed: 5 }
    )
  }, 300_000)
})
