import * as HttpClient from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as LayerMap from "effect/LayerMap"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import * as TestContext from "effect/TestContext"
import * as Credentials from "../../src/Credentials.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import { account, credentials, paths } from "../utils/pipeline.js"

/** Each shape is a program; 2,000 of them take a quarter of an hour. */
const shapes = Number(process.env.COMPOSITION_SHAPES ?? 200)

const { array, constantFrom, integer, nat, oneof, record } = FastCheck

/** Where a call gets its pipeline from, and what the program puts around it. */
interface Call {
  readonly from: "provided for the call" | "a layer" | "a runtime" | "a LayerMap"
  readonly which: number
  readonly retries: number
  readonly timeout: number | undefined
}

const call: FastCheck.Arbitrary<Call> = record({
  from: constantFrom("provided for the call", "a layer", "a runtime", "a LayerMap"),
  which: nat(1),
  retries: constantFrom(0, 0, 1, 4),
  timeout: constantFrom(undefined, undefined, 10, 30, 50, 10_030)
})

const faults = {
  "the answer is lost": ThingSpaceEmulator.lostResponse,
  "the request is lost": ThingSpaceEmulator.lostRequest,
  "it hangs": ThingSpaceEmulator.hang,
  "it is unwell": ThingSpaceEmulator.answer(503),
  "it is throttled": ThingSpaceEmulator.answer(429)
}

type How = keyof typeof faults | "it is slow"

const hows: ReadonlyArray<How> = [
  "the answer is lost",
  "the request is lost",
  "it hangs",
  "it is unwell",
  "it is throttled",
  "it is slow",
  "it is slow"
]

type Event =
  | { readonly _tag: "Calls"; readonly calls: ReadonlyArray<Call> }
  | { readonly _tag: "Password"; readonly n: number }
  | { readonly _tag: "Passes"; readonly seconds: number }
  | { readonly _tag: "Fails"; readonly how: How; readonly times: number }
  | { readonly _tag: "Ends" }

const event: FastCheck.Arbitrary<Event> = oneof(
  {
    weight: 6,
    arbitrary: array(call, { minLength: 1, maxLength: 4 }).map((calls): Event => ({ _tag: "Calls", calls }))
  },
  { weight: 2, arbitrary: integer({ min: 0, max: 5 }).map((n): Event => ({ _tag: "Password", n })) },
  { weight: 2, arbitrary: constantFrom(1, 2, 30, 300).map((seconds): Event => ({ _tag: "Passes", seconds })) },
  {
    weight: 2,
    arbitrary: record({
      how: constantFrom(...hows),
      times: integer({ min: 1, max: 3 })
    }).map((fault): Event => ({ _tag: "Fails", ...fault }))
  },
  { weight: 1, arbitrary: FastCheck.constant<Event>({ _tag: "Ends" }) }
)

const passwordOf = (n: number): string =>
  n === 0 ? ThingSpaceEmulator.defaults.password : `last-quarters-password-${n}`

const halfHour = 30 * 60_000

const bodyOf = Schema.decodeUnknownSync(Schema.parseJson(Schema.Struct({ password: Schema.String })))

/** Counts a login when it is sent, until its answer says that it was no refusal. */
const watched = (client: HttpClient.HttpClient) => {
  const answered: Array<string> = []
  let strikes: ReadonlyArray<{ readonly at: number }> = []
  let most = 0
  let logins = 0
  const watching = HttpClient.transform(client, (response, { body, url }) => {
    if (!url.endsWith(paths.login) || body._tag !== "Uint8Array") return response
    const { password } = bodyOf(new TextDecoder().decode(body.body))
    return Effect.flatMap(Clock.currentTimeMillis, (at) => {
      const strike = { at }
      strikes = [...strikes.filter((one) => at - one.at < halfHour), strike]
      most = Math.max(most, strikes.length)
      logins += 1
      return Effect.tap(response, ({ status }) =>
        Effect.sync(() => {
          if (status === 400) answered.push(password)
          if (status === 200) strikes = strikes.filter((one) => one.at > at)
          if (status === 429 || status === 401) strikes = strikes.filter((one) => one !== strike)
        })
      )
    })
  })
  return { layer: Layer.succeed(HttpClient.HttpClient, watching), report: () => ({ answered, logins, most }) }
}

const request = Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (client) => client.get(account))

/** Lets time pass until a fiber has ended: by steps of the platform's latency, and then of seconds. */
const ended = <A, E>(fiber: Fiber.RuntimeFiber<A, E>, steps = 0): Effect.Effect<void> =>
  Effect.flatMap(Fiber.poll(fiber), (exit) =>
    Option.isSome(exit)
      ? Effect.void
      : Effect.zipRight(TestClock.adjust(steps < 20 ? "10 millis" : "1 second"), ended(fiber, steps + 1))
  )

const program = (events: ReadonlyArray<Event>) =>
  Effect.gen(function* () {
    let slow = 0
    const platform = yield* Layer.build(
      ThingSpaceEmulator.layer({
        requestLatency: "20 millis",
        responseLatency: (_, path) => (path === paths.login && slow-- > 0 ? "15 seconds" : "20 millis")
      })
    )
    const emulator = Context.get(platform, ThingSpaceEmulator.ThingSpaceEmulator)
    const { layer: client, report } = watched(Context.get(platform, HttpClient.HttpClient))
    const password = yield* Ref.make(passwordOf(1))
    const user = Effect.map(Ref.get(password), (current) => ({
      username: credentials.username,
      password: Redacted.make(current)
    }))
    const make = () =>
      ThingSpaceHttpClient.layerFromCredentials().pipe(
        Layer.provide(Credentials.layerApp(credentials)),
        Layer.provide(Credentials.layerUwsEffect(user)),
        Layer.provide(client),
        Layer.provide(Logger.remove(Logger.defaultLogger))
      )
    const clock = Layer.setClock(yield* Effect.clock)
    const runtime = Effect.acquireRelease(
      Effect.sync(() => ManagedRuntime.make(Layer.provide(make(), clock))),
      ({ disposeEffect }) => disposeEffect
    )
    const provided = make()
    const layers = [yield* Layer.build(make()), yield* Layer.build(make())] as const
    const runtimes = [yield* runtime, yield* runtime] as const
    const accounts = yield* LayerMap.make((_: number) => make(), { idleTimeToLive: "1 second" })

    const requestFrom = ({ from, which }: Call) => {
      switch (from) {
        case "provided for the call":
          return Effect.provide(request, provided)
        case "a layer":
          return Effect.provide(request, which === 0 ? layers[0] : layers[1])
        case "a runtime":
          return Effect.provide(request, which === 0 ? runtimes[0] : runtimes[1])
        case "a LayerMap":
          return Effect.provide(request, accounts.get(which))
      }
    }
    const made = (one: Call) => {
      const retried = Effect.retry(requestFrom(one), { times: one.retries })
      return one.timeout === undefined ? Effect.ignore(retried) : Effect.ignore(Effect.timeout(retried, one.timeout))
    }

    for (const one of events) {
      switch (one._tag) {
        case "Calls":
          yield* ended(yield* Effect.fork(Effect.all(one.calls.map(made), { concurrency: "unbounded" })))
          break
        case "Password":
          yield* Ref.set(password, passwordOf(one.n))
          break
        case "Passes":
          yield* TestClock.adjust(`${one.seconds} seconds`)
          break
        case "Ends":
          yield* emulator.endSessions
          break
        case "Fails":
          if (one.how === "it is slow") slow = one.times
          else yield* emulator.failNext(faults[one.how], { path: paths.login, times: one.times })
          break
      }
    }
    return report()
  }).pipe(Effect.scoped, Effect.provide(TestContext.TestContext))

describe("programs of any shape", () => {
  it(
    "send no password that was refused, and no fifth login within half an hour that may be refused",
    async () => {
      let logins = 0
      let refused = 0
      let most = 0
      await FastCheck.assert(
        FastCheck.asyncProperty(array(event, { minLength: 4, maxLength: 20 }), async (events) => {
          const seen = await Effect.runPromise(program(events))
          assert.strictEqual(new Set(seen.answered).size, seen.answered.length, "a refused password was sent again")
          assert.isAtMost(seen.most, 4, "logins in a row that may have been refused")
          logins += seen.logins
          refused += seen.answered.length
          most = Math.max(most, seen.most)
        }),
        { numRuns: shapes, seed: 7 }
      )
      // Otherwise the programs tried nothing.
      assert.isAbove(logins, shapes)
      assert.isAbove(refused, shapes / 2)
      assert.isAtLeast(most, 3)
    },
    shapes * 3000
  )
})
