import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Stream from "effect/Stream"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, paths } from "../utils/pipeline.js"
import { call, callsFor, cost, emulator, get, inVirtualTime, overSockets, success } from "./platform.js"

const { answer, delayed } = ThingSpaceEmulator

const always = { times: Number.POSITIVE_INFINITY }

const dead = JSON.stringify({
  errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired",
  errorMessage: "The session token has expired."
})

/** An upload whose body can be read once. */
const upload = (path: string) =>
  Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) =>
    client.execute(
      HttpClientRequest.post(path, {
        body: HttpBody.stream(Stream.make(new Uint8Array(16)), "application/octet-stream")
      })
    )
  ).pipe(Effect.flatMap((response) => Effect.as(response.text, response.status)))

/** What a minute of calls costs beyond the credentials that were held when it began. */
const costOf = <A, E, R>(calls: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const { clearExchanges } = yield* emulator
    yield* success
    yield* clearExchanges
    const outcome = yield* calls
    return { outcome, ...(yield* cost) }
  })

describe("trouble of an API", () => {
  it.effect("that is sessions which die under uploads or under callers that give up is healed, every time", () =>
    inVirtualTime(
      "10 minutes",
      Effect.gen(function* () {
        const { endSessions, failNext } = yield* emulator
        yield* success
        for (let death = 1; death <= 12; death++) {
          yield* endSessions
          if (death % 2 === 0) {
            assert.strictEqual(yield* upload("/api/m2m/v1/echo"), 400)
          } else {
            yield* failNext(delayed("2 seconds"), { path: paths.login })
            assert.isTrue(Exit.isFailure(yield* Effect.exit(Effect.timeout(call, "100 millis"))))
          }
          yield* Effect.sleep("3 seconds")
          assert.strictEqual(yield* call, 200, `death ${death}`)
          yield* Effect.sleep("6 seconds")
        }
      })
    )
  )

  it.effect(
    "that always answers 401 to a stream, or under ever other paths, costs three renewals a minute at most",
    () =>
      Effect.gen(function* () {
        let id = 0
        const uploads = upload("/api/fleet/v1/upload")
        const paths = Effect.suspend(() => get(`/api/fleet/${id++}/status`))
        for (const [refused, every, calls] of [
          [uploads, "500 millis", 100],
          [paths, "190 millis", 300]
        ] as const) {
          const { logins, outcome, tokens } = yield* inVirtualTime(
            "2 minutes",
            Effect.gen(function* () {
              const { failNext } = yield* emulator
              yield* failNext(answer(401), { path: "/api/fleet/", ...always })
              return yield* costOf(callsFor(refused, "59 seconds", every))
            })
          )
          assert.isAbove(outcome.length, calls)
          assert.isTrue(outcome.every((exit) => Exit.isSuccess(exit) && exit.value === 401))
          assert.isAtMost(logins, 3)
          assert.isAtMost(tokens, 3)
        }
      })
  )

  it.effect("of which one resource always refuses holds that back, and nothing else", () =>
    Effect.forEach([answer(401), answer(400, { body: dead })], (fault) =>
      inVirtualTime(
        "2 minutes",
        Effect.gen(function* () {
          const { failNext } = yield* emulator
          const resource = "/api/m2m/v1/devices"
          yield* failNext(fault, { path: resource, ...always })
          const { logins, outcome, tokens } = yield* costOf(
            callsFor(Effect.zip(get(resource), call), "59 seconds", "1 second")
          )
          const statuses = yield* Effect.all(outcome)
          const [refusal] = statuses[0] ?? []
          assert.include([400, 401], refusal)
          assert.deepStrictEqual(
            statuses.filter(([one, other]) => one !== refusal || other !== 200),
            []
          )
          assert.isAtMost(logins, 3)
          assert.isAtMost(tokens, 3)
        })
      )
    )
  )

  const dialects: ReadonlyArray<readonly [says: string, body: unknown]> = [
    ["SESSION_EXPIRED", { errorCode: "SESSION_EXPIRED" }],
    ["a sentence under another code", { errorCode: "INVALID_PARAMETER", errorMessage: "The Session has expired." }],
    ["the session token under another code", { errorCode: "X.Y", errorMessage: "Invalid session token" }],
    ["a capital", { ErrorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired" }],
    ["a list", [{ errorCode: "X.Device.NotFound" }, { errorCode: "X.SessionToken.Expired" }]]
  ]

  it.live("that says in another dialect that the session is over is healed", () =>
    Effect.gen(function* () {
      const { failNext } = yield* emulator
      yield* success
      for (const [says, body] of dialects) {
        yield* failNext(answer(400, { body: JSON.stringify(body) }), { path: account })
        assert.strictEqual(yield* call, 200, says)
      }
      assert.deepStrictEqual(yield* cost, { tokens: 1, logins: 1 + dialects.length })
    }).pipe(Effect.provide(overSockets()))
  )
})
