import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import {
  accountPath,
  appKey,
  basic,
  emulator,
  inMemory,
  login,
  password,
  pick,
  readAccount,
  requestToken,
  send,
  signIn,
  tokenResponse,
  username
} from "./requests.js"

const errorCode = ({ json }: { readonly json: unknown }) => pick(json, "errorCode")

const rightOrWrong = [
  ["right", password, 200],
  ["wrong", "wrong", 400]
] as const

describe("a fault after the platform's decision", () => {
  const { after, answer, throttled, webPage } = ThingSpaceEmulator
  const replacements = [
    ["503", after(answer(503)), 503],
    ["504", after(answer(504)), 504],
    ["429", after(throttled()), 429],
    ["a web page", after(webPage()), 200],
    ["what a fault within it says", after(after(answer(500))), 500]
  ] as const

  for (const [what, fault, status] of replacements) {
    for (const [kind, pass, decided] of rightOrWrong) {
      it.effect(
        `answers ${what} to a login with the ${kind} password, which was judged`,
        inMemory(
          Effect.gen(function* () {
            const { exchanges, failNext, liveSessions } = yield* emulator
            const token = yield* requestToken
            yield* failNext(fault, { path: "/api/m2m/v1/session/login" })
            assert.strictEqual((yield* login(token, pass)).status, status)
            assert.lengthOf(yield* liveSessions, decided === 200 ? 1 : 0)
            assert.deepInclude((yield* exchanges).at(-1), { status: decided, answered: status, fault: "After" })
          })
        )
      )
    }
  }

  it.effect(
    "counts refused logins whose answers are replaced, hung up on or never sent",
    inMemory(
      Effect.gen(function* () {
        const { exchanges, failNext, lockedUsers } = yield* emulator
        const token = yield* requestToken
        for (const fault of [answer(503), ThingSpaceEmulator.lostRequest, ThingSpaceEmulator.truncated, webPage(502)]) {
          yield* failNext(after(fault))
          yield* Effect.exit(login(token, "wrong"))
        }
        yield* failNext(after(ThingSpaceEmulator.hang))
        const hung = yield* Effect.fork(Effect.timeoutOption(login(token, "wrong"), "1 minute"))
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(yield* Fiber.join(hung), Option.none())
        assert.deepStrictEqual(yield* lockedUsers, [username])
        assert.deepStrictEqual(
          (yield* exchanges).slice(1).map(({ answered, status }) => [status, answered]),
          [
            [400, 503],
            [400, undefined],
            [400, 400],
            [400, 502],
            [400, undefined]
          ]
        )
      })
    )
  )
})

describe("a delayed answer", () => {
  it.effect(
    "arrives later, after a platform that has acted at once",
    inMemory(
      Effect.gen(function* () {
        const { failNext, liveSessions } = yield* emulator
        const token = yield* requestToken
        yield* failNext(ThingSpaceEmulator.delayed("15 seconds"))
        const fiber = yield* Effect.fork(login(token))
        yield* TestClock.adjust(14_999)
        assert.lengthOf(yield* liveSessions, 1)
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* Fiber.join(fiber)).status, 200)
      })
    )
  )

  it.effect(
    "may carry another fault, and add to another delay",
    inMemory(
      Effect.gen(function* () {
        const { failNext } = yield* emulator
        const { answer, delayed } = ThingSpaceEmulator
        yield* failNext(delayed("2 seconds", delayed("1 second", answer(503))))
        const fiber = yield* Effect.fork(tokenResponse())
        yield* TestClock.adjust(2_999)
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* Fiber.join(fiber)).status, 503)
      })
    )
  )

  it.effect(
    "is given up at once by a caller who leaves",
    inMemory(
      Effect.gen(function* () {
        const { failNext, pending } = yield* emulator
        yield* failNext(ThingSpaceEmulator.delayed("1 day"))
        const fiber = yield* Effect.fork(tokenResponse())
        yield* TestClock.adjust(0)
        yield* Fiber.interrupt(fiber)
        assert.deepStrictEqual(yield* pending, [])
      })
    )
  )
})

describe("a throttling gateway", () => {
  it.effect(
    "answers 900800 with Retry-After in whole seconds, and lets nobody through",
    inMemory(
      Effect.gen(function* () {
        const { failNext, liveSessions } = yield* emulator
        const token = yield* requestToken
        yield* failNext(ThingSpaceEmulator.throttled())
        const first = yield* login(token)
        yield* failNext(ThingSpaceEmulator.throttled({ status: 503, retryAfter: "1500 millis" }))
        const second = yield* login(token)
        assert.deepStrictEqual(
          [first, second].map(({ headers, status }) => [status, headers["retry-after"]]),
          [
            [429, "5"],
            [503, "2"]
          ]
        )
        assert.match(first.text, /"fault":\{"code":"900800"/)
        assert.deepStrictEqual(yield* liveSessions, [])
      })
    )
  )

  it.effect(
    "throttles for as long as it lasts, and no longer",
    inMemory(
      Effect.gen(function* () {
        const { failNext } = yield* emulator
        yield* failNext(ThingSpaceEmulator.throttled(), { lasts: "10 seconds" })
        assert.strictEqual((yield* tokenResponse()).status, 429)
        yield* TestClock.adjust(9_999)
        assert.strictEqual((yield* tokenResponse()).status, 429)
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* tokenResponse()).status, 200)
      })
    )
  )
})

describe("a lagging node", () => {
  it.effect(
    "refuses a new token in its product's dialect, and knows it once the lag is over",
    inMemory(
      Effect.gen(function* () {
        const { currentToken, failNext } = yield* emulator
        const { headers, token } = yield* signIn
        yield* failNext(ThingSpaceEmulator.laggingNode("3 seconds"), { times: Number.POSITIVE_INFINITY })
        assert.match((yield* readAccount(headers)).text, /"fault":\{"code":"900901"/)
        assert.match((yield* send("/api/fota/v1/upgrades", { headers })).text, /^\{"code":900901,/)
        assert.strictEqual((yield* login(token)).status, 401)
        assert.strictEqual(yield* requestToken, token)
        assert.deepStrictEqual(yield* currentToken, Option.some(token))
        yield* TestClock.adjust(2_999)
        assert.strictEqual((yield* readAccount(headers)).status, 401)
        yield* TestClock.adjust(1)
        assert.strictEqual((yield* readAccount(headers)).status, 200)
      })
    )
  )
})

describe("an error in a 200", () => {
  it.effect(
    "is the platform's own if it refused: a login is judged",
    inMemory(
      Effect.gen(function* () {
        const { exchanges, failNext } = yield* emulator
        const token = yield* requestToken
        yield* failNext(ThingSpaceEmulator.errorInSuccess(), { times: 2 })
        const refused = yield* login(token, "wrong")
        assert.deepStrictEqual(
          [refused.status, errorCode(refused)],
          [200, "UnifiedWebService.INPUT_INVALID.Password.Invalid"]
        )
        assert.deepInclude((yield* exchanges).at(-1), { status: 400, answered: 200 })
        const oauth = yield* tokenResponse(basic(appKey, "wrong"))
        assert.deepStrictEqual([oauth.status, pick(oauth.json, "error")], [200, "invalid_client"])
      })
    )
  )

  it.effect(
    "is the one that was asked for if the platform accepted",
    inMemory(
      Effect.gen(function* () {
        const { failNext } = yield* emulator
        const { headers } = yield* signIn
        yield* failNext(ThingSpaceEmulator.errorInSuccess())
        const unexpected = yield* readAccount(headers)
        yield* failNext(ThingSpaceEmulator.errorInSuccess({ error: "server_error" }))
        const oauth = yield* tokenResponse()
        assert.deepStrictEqual(
          [unexpected.status, errorCode(unexpected), oauth.status, pick(oauth.json, "error")],
          [200, "UnifiedWebService.REQUEST_FAILED.UnexpectedError", 200, "server_error"]
        )
      })
    )
  )
})

describe("the requests that a fault meets", () => {
  const fails = (options: ThingSpaceEmulator.FaultOptions) =>
    Effect.gen(function* () {
      const { failNext } = yield* emulator
      const { headers } = yield* signIn
      yield* failNext(ThingSpaceEmulator.answer(503), { ...options, times: Number.POSITIVE_INFINITY })
      const requests = [
        ["GET", accountPath, ""],
        ["POST", "/api/m2m/v1/echo", "page 1"],
        ["PUT", "/api/m2m/v1/echo", "page 2"]
      ] as const
      const statuses = yield* Effect.forEach(requests, ([method, path, body]) =>
        Effect.map(send(path, { method, headers, body }), ({ status }) => status)
      )
      return requests.flatMap(([method], index) => (statuses[index] === 503 ? [method] : []))
    })

  const cases: ReadonlyArray<readonly [string, ThingSpaceEmulator.FaultOptions, ReadonlyArray<string>]> = [
    ["a method, whatever its case", { method: "put" }, ["PUT"]],
    ["a function of the method", { method: (method) => method !== "PUT" }, ["GET", "POST"]],
    ["the beginning of a path", { path: "/api/m2m/v1/accounts" }, ["GET"]],
    ["a function of the path", { path: (path) => path.endsWith("/echo") }, ["POST", "PUT"]],
    ["a part of the body", { body: "2" }, ["PUT"]],
    ["a function of the body", { body: (body) => body === "page 1" }, ["POST"]],
    ["all of these together", { method: "POST", path: "/api/m2m", body: "page" }, ["POST"]],
    ["nothing that comes", { method: "POST", body: "page 2" }, []]
  ]

  for (const [what, options, met] of cases) {
    it.effect(
      `are chosen by ${what}`,
      inMemory(Effect.map(fails(options), (methods) => assert.deepStrictEqual(methods, met)))
    )
  }
})
