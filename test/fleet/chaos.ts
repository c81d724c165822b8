/**
 * Rounds of random trouble over live pipelines that share a store: stalls, rollbacks of the store, lost answers,
 * restarts, kills, and wrong and rotated passwords. Says how many logins in a row were refused, or may have been, within
 * half an hour:
 *
 *     npm run chaos -- 200
 */
import { setTimeout } from "node:timers/promises"
import { fileURLToPath } from "node:url"
import * as HttpClient from "@effect/platform/HttpClient"
import * as KeyValueStore from "@effect/platform/KeyValueStore"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as CredentialStore from "../../src/CredentialStore.js"
import * as keyValueBackend from "../../src/internal/store/keyValue.js"
import * as ThingSpaceEmulator from "../../src/ThingSpaceEmulator.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as virtualClock from "../simulation/virtualClock.js"
import { account, credentials, paths } from "../utils/pipeline.js"

const { password, username } = ThingSpaceEmulator.defaults

type Event =
  | { readonly _tag: "Calls" | "Ends" | "Snapshot" | "SetBack" | "Revoked" }
  | { readonly _tag: "Stalls" | "Restarts" | "Killed"; readonly which: number }
  | { readonly _tag: "Starts"; readonly password: string }
  | { readonly _tag: "Rotates"; readonly password: string }
  | { readonly _tag: "Fails"; readonly how: number; readonly times: number }
  | { readonly _tag: "Passes"; readonly seconds: number }

const faults = [
  ThingSpaceEmulator.lostResponse,
  ThingSpaceEmulator.lostRequest,
  ThingSpaceEmulator.answer(503)
] as const

const { constantFrom, nat, oneof, tuple } = FastCheck
const passwords = constantFrom(password, "next-quarters-password", "last-quarters-password", "mistyped")
const simple = constantFrom(
  "Ends" as const,
  "Ends" as const,
  "Snapshot" as const,
  "SetBack" as const,
  "Revoked" as const
)
const ofOne = constantFrom("Stalls" as const, "Restarts" as const, "Killed" as const)

const event: FastCheck.Arbitrary<Event> = oneof(
  { weight: 6, arbitrary: FastCheck.constant<Event>({ _tag: "Calls" }) },
  { weight: 5, arbitrary: simple.map((_tag): Event => ({ _tag })) },
  { weight: 4, arbitrary: tuple(ofOne, nat(9)).map(([_tag, which]): Event => ({ _tag, which })) },
  { weight: 2, arbitrary: passwords.map((text): Event => ({ _tag: "Starts", password: text })) },
  { weight: 1, arbitrary: passwords.map((text): Event => ({ _tag: "Rotates", password: text })) },
  {
    weight: 3,
    arbitrary: tuple(nat(2), nat(2)).map(([how, times]): Event => ({ _tag: "Fails", how, times: times + 1 }))
  },
  { weight: 6, arbitrary: constantFrom(1, 5, 15, 40, 200, 600).map((seconds): Event => ({ _tag: "Passes", seconds })) }
)

interface Login {
  readonly at: number
  readonly isAccepted: boolean
}

/** A store that can be set back, which leaves the leases alone. */
const makeStore = () => {
  const values = new Map<string, string>()
  let snapshot = new Map(values)
  const store = KeyValueStore.makeStringOnly({
    get: (key) => Effect.sync(() => Option.fromNullable(values.get(key))),
    set: (key, value) => Effect.sync(() => void values.set(key, value)),
    remove: (key) => Effect.sync(() => void values.delete(key)),
    clear: Effect.sync(() => values.clear()),
    size: Effect.sync(() => values.size)
  })
  return {
    store: keyValueBackend.make(store),
    keep: () => {
      snapshot = new Map(values)
    },
    setBack: () => {
      values.clear()
      for (const [key, value] of snapshot) values.set(key, value)
    }
  }
}

/** A process, which can be stopped between any two of its steps. */
interface Process {
  readonly call: Effect.Effect<void>
  readonly stop: Effect.Effect<void>
  readonly password: string
  readonly gate: Effect.Latch
}

/** Cryptography takes its own time, however little of the virtual one passes. */
const turn = Effect.promise(() => setTimeout(0))

/** The most logins in a row within half an hour of which none is known to have been accepted. */
const worstOf = (logins: ReadonlyArray<Login>): number => {
  let row: ReadonlyArray<Login> = []
  let worst = 0
  for (const login of logins) {
    row = login.isAccepted ? [] : [...row, login].filter(({ at }) => login.at - at < 1_800_000)
    worst = Math.max(worst, row.length)
  }
  return worst
}

export const round = (events: ReadonlyArray<Event>) => {
  const clock = virtualClock.make()
  return Effect.gen(function* () {
    const emulator = yield* ThingSpaceEmulator.ThingSpaceEmulator
    const { keep, setBack, store } = makeStore()
    const logins: Array<Login> = []
    const gates: Array<Effect.Latch> = []

    const start = (text: string) =>
      Effect.gen(function* () {
        const gate = yield* Effect.makeLatch(true)
        gates.push(gate)
        const stoppable = <A, E, R>(step: Effect.Effect<A, E, R>) => Effect.zipLeft(gate.whenOpen(step), gate.await)
        const gated: CredentialStore.Service = {
          get: (key) => stoppable(store.get(key)),
          lease: (key) => stoppable(store.lease(key)),
          renew: (lease) => stoppable(store.renew(lease)),
          release: (lease) => stoppable(store.release(lease)),
          set: (lease, value, life) => stoppable(store.set(lease, value, life)),
          extend: (key, version, life) => stoppable(store.extend(key, version, life)),
          remove: (key, version) => stoppable(store.remove(key, version))
        }
        const client = yield* HttpClient.HttpClient
        const watched = HttpClient.transform(client, (response, { url }) => {
          if (!url.endsWith(paths.login)) return stoppable(response)
          return stoppable(
            Effect.onExit(response, (exit) =>
              Effect.sync(() => {
                // A login with a token that was revoked is refused before anybody looks at the password.
                if (exit._tag === "Success" && exit.value.status === 401) return
                logins.push({ at: clock.elapsed(), isAccepted: exit._tag === "Success" && exit.value.status === 200 })
              })
            )
          )
        })
        const pipeline = ThingSpaceHttpClient.layer({ ...credentials, password: Redacted.make(text) }).pipe(
          Layer.provide([
            CredentialStore.layer(gated),
            Layer.succeed(HttpClient.HttpClient, watched),
            Layer.setClock(clock.makeWall()),
            Logger.remove(Logger.defaultLogger)
          ])
        )
        const runtime = yield* Effect.acquireRelease(
          Effect.sync(() => ManagedRuntime.make(pipeline)),
          ({ disposeEffect }) => disposeEffect
        )
        const call = Effect.provide(
          Effect.flatMap(ThingSpaceHttpClient.ThingSpaceHttpClient, (authenticated) => authenticated.get(account)),
          runtime
        )
        return { call: Effect.ignore(call), stop: runtime.disposeEffect, password: text, gate } satisfies Process
      })

    const live: Array<Process> = [yield* start(password), yield* start(password), yield* start(password)]
    for (const one of events) {
      switch (one._tag) {
        case "Calls":
          for (const { call } of live) yield* Effect.forkScoped(call)
          break
        case "Ends":
          yield* emulator.endSessions
          break
        case "Revoked":
          yield* emulator.revokeAll
          break
        case "Snapshot":
          keep()
          break
        case "SetBack":
          setBack()
          break
        case "Stalls": {
          const gate = live[one.which % live.length]?.gate
          if (gate !== undefined) yield* gate.close
          yield* Effect.forkScoped(Effect.delay(gate?.open ?? Effect.void, `${one.which * 7} seconds`))
          break
        }
        case "Killed":
        case "Restarts": {
          if (live.length < 2) break
          const [gone] = live.splice(one.which % live.length, 1)
          if (gone === undefined) break
          if (one._tag === "Killed") yield* gone.gate.close
          else yield* Effect.forkScoped(gone.stop)
          live.push(yield* start(gone.password))
          break
        }
        case "Starts":
          live.push(yield* start(one.password))
          break
        case "Rotates":
          yield* emulator.changePassword(username, one.password)
          break
        case "Fails": {
          const fault = faults[one.how]
          if (fault !== undefined) yield* emulator.failNext(fault, { path: paths.login, times: one.times })
          break
        }
        case "Passes":
          break
      }
      const seconds = one._tag === "Passes" ? one.seconds : 1
      yield* Effect.repeatN(Effect.zipRight(clock.advance(seconds * 100), turn), 9)
    }
    const locked = yield* emulator.lockedUsers
    for (const gate of gates) yield* gate.open
    return { worst: worstOf(logins), logins: logins.length, isLocked: locked.length > 0 }
  }).pipe(
    Effect.scoped,
    Effect.provide(ThingSpaceEmulator.layer({ requestLatency: "300 millis", responseLatency: "300 millis" })),
    Effect.withClock(clock.steady)
  )
}

/** So many rounds, the same for the same seed. */
export const rounds = (count: number, seed: number) =>
  FastCheck.sample(FastCheck.array(event, { minLength: 20, maxLength: 50 }), { numRuns: count, seed })

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const count = Number(process.argv[2] ?? 200)
  const seed = Number(process.argv[3] ?? 1)
  await Effect.runPromise(
    Effect.gen(function* () {
      const outcomes = yield* Effect.forEach(rounds(count, seed), (events, n) =>
        Effect.tap(round(events), ({ isLocked, worst }) =>
          worst >= 5 || isLocked ? Console.log(`round ${n}: ${worst} in a row`, JSON.stringify(events)) : Effect.void
        )
      )
      const worst = outcomes.map((one) => one.worst)
      const logins = outcomes.reduce((sum, one) => sum + one.logins, 0)
      const tally = [0, 1, 2, 3, 4, 5].map((n) => worst.filter((one) => (n === 5 ? one >= 5 : one === n)).length)
      yield* Console.log(`${count} rounds, ${logins} logins; rounds by the most refused or lost in a row: ${tally}`)
    })
  )
}
