import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import { paths } from "../utils/pipeline.js"
import { compare } from "./compare.js"
import {
  call,
  callsFor,
  count,
  emulator,
  firstSuccess,
  inVirtualTime,
  overSockets,
  received,
  success
} from "./platform.js"

const { answer, delayed, hang, throttled } = ThingSpaceEmulator

/** The session has ended, and logins meet a fault for a while; then the seconds until the first success. */
const afterTrouble = (
  fault: ThingSpaceEmulator.Fault,
  lasts: Duration.DurationInput,
  path = paths.login,
  every?: Duration.DurationInput
) =>
  Effect.gen(function* () {
    const { clearExchanges, endSessions, failNext } = yield* emulator
    yield* success
    yield* endSessions
    yield* clearExchanges
    yield* failNext(fault, { path, lasts })
    return yield* firstSuccess(lasts, every)
  })

/** Logins that met a fault. */
const troubled = Effect.map(received(paths.login), (all) => all.filter(({ fault }) => fault !== undefined).length)

describe("trouble of the login", () => {
  it.live("that is a gateway's 429 for ten seconds is over when Retry-After is", () =>
    Effect.gen(function* () {
      compare(
        "login throttled (429, Retry-After) for 10 seconds",
        yield* afterTrouble(throttled({ retryAfter: "5 seconds" }), "10 seconds")
      )
      assert.isAtMost(yield* troubled, 3)
    }).pipe(Effect.provide(overSockets()))
  )

  it.effect("that is a balancer's 503 for ten seconds is over within 30 seconds and a deadline", () =>
    inVirtualTime(
      "1 hour",
      Effect.gen(function* () {
        compare("login answered 503 by a balancer for 10 seconds", yield* afterTrouble(answer(503), "10 seconds"))
        assert.isAtMost(yield* troubled, 2)
      })
    )
  )

  it.effect(
    "that is a session service which hangs costs one strike, and is over within 30 seconds and a deadline",
    () =>
      Effect.gen(function* () {
        // When the trouble ends, the next probe may be about to be sent, or just have been.
        for (const [minutes, endings] of [
          [2, [0, 5, 10, 15, 20, 25, 30, 35]],
          [20, [0, 10, 20, 30]]
        ] as const) {
          const trial = (lasts: Duration.Duration) =>
            Effect.gen(function* () {
              const seconds = yield* afterTrouble(hang, lasts, "/api/m2m/v1/session", "1 second")
              assert.strictEqual(yield* troubled, 1)
              return seconds
            })
          const all = yield* Effect.forEach(endings, (later) =>
            inVirtualTime("1 hour", trial(Duration.seconds(minutes * 60 + later)))
          )
          compare(`session service silent for ${minutes} minutes`, Math.max(...all))
        }
      })
  )

  it.effect("alone that answers 500 or 503 for twenty seconds costs three strikes, and is over within 30 seconds", () =>
    Effect.forEach([500, 503], (status) =>
      inVirtualTime(
        "1 hour",
        Effect.gen(function* () {
          compare("login alone answers 500 for 20 seconds", yield* afterTrouble(answer(status), "20 seconds"))
          assert.isAtMost(yield* troubled, 3)
        })
      )
    )
  )

  it.effect("that answers after 15 seconds, of a password that was rotated, costs two refusals at most", () =>
    inVirtualTime(
      "2 hours",
      Effect.gen(function* () {
        const { changePassword, endSessions, failNext, lockedUsers } = yield* emulator
        yield* success
        yield* changePassword(ThingSpaceEmulator.defaults.username, "next-quarters-password")
        yield* endSessions
        yield* failNext(delayed("15 seconds"), { path: paths.login, times: Number.POSITIVE_INFINITY })
        yield* callsFor(call, "40 minutes", "3 seconds")
        assert.isAtMost((yield* count(paths.login)) - 1, 2)
        assert.deepStrictEqual(yield* lockedUsers, [])
      })
    )
  )
})
