import { monitorEventLoopDelay } from "node:perf_hooks"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Metric from "effect/Metric"
import * as MetricState from "effect/MetricState"
import * as Schedule from "effect/Schedule"
import * as Supervisor from "effect/Supervisor"
import { ThingSpaceConfig, ThingSpaceEmulator, ThingSpaceHttpClient } from "effect-thingspace-auth"
import * as callers from "./callers.js"
import * as incidents from "./incidents.js"
import * as Link from "./link.js"
import * as load from "./load.js"
import type { Account, Setting } from "./messages.js"
import type { Options } from "./options.js"
import * as saboteur from "./saboteur.js"

/** What there is to say while it runs. */
export interface Progress {
  readonly seconds: number
  readonly tally: callers.Tally["tally"]
  readonly account: Account | undefined
  readonly resends: number
}

/** What a run has brought to light. */
export interface Outcome {
  readonly seconds: number
  readonly tally: callers.Tally["tally"]
  readonly strikes: ReadonlyArray<saboteur.Strike>
  readonly account: Account
  readonly resends: { readonly token: number; readonly session: number }
  readonly findings: load.Findings
  readonly fibers: { readonly before: number; readonly most: number; readonly after: number }
  /** Connections that this process still holds. */
  readonly sockets: number
  /** The longest time in which this process did nothing that was due, in milliseconds. */
  readonly stalled: number
}

const resends = Effect.map(Metric.snapshot, (pairs) => {
  const counts = { token: 0, session: 0 }
  for (const { metricKey, metricState } of pairs) {
    if (metricKey.name !== "thingspace.auth.resends" || !MetricState.isCounterState(metricState)) continue
    const credential = metricKey.tags.find(({ key }) => key === "thingspace.credential")?.value
    counts[credential === "token" ? "token" : "session"] += Number(metricState.count)
  }
  return counts
})

/** Counts again for some time at most, until nothing is left that should not be. */
const settled = (count: Effect.Effect<number>, expected: number, millis: number) =>
  Effect.repeat(count, {
    until: (n) => n <= expected,
    schedule: Schedule.intersect(Schedule.spaced("20 millis"), Schedule.recurs(millis / 20))
  }).pipe(Effect.zipRight(count))

const sockets = Effect.sync(
  () => process.getActiveResourcesInfo().filter((name) => name === "TCPSocketWrap" || name === "TLSWrap").length
)

/** Starts the platform, the pipeline, the callers and the saboteurs, and counts what is left when all have ended. */
export const run = (options: Options, progress: (progress: Progress) => void): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const setting: Setting = { seed: options.seed, tokenLifetime: 8000, sessionIdle: 3000, latency: 100 }
    const tally = callers.makeTally()
    const link = yield* Link.open(setting, tally.next)
    const findings: load.Findings = { heap: [], silences: 0, overdue: [] }
    const strikes: Array<saboteur.Strike> = []
    const supervisor = yield* Supervisor.track
    const alive = Effect.map(supervisor.value, (fibers) => fibers.length)
    const before = yield* alive
    let most = before

    const pipeline = ThingSpaceHttpClient.layer({
      ...ThingSpaceEmulator.credentials,
      refreshMargin: "500 millis",
      idleTimeout: setting.sessionIdle,
      logoutOnClose: true
    }).pipe(Layer.provide([FetchHttpClient.layer, ThingSpaceConfig.layer({ baseUrl: link.url })]), Layer.orDie)

    const startedAt = performance.now()
    const elapsed = () => (performance.now() - startedAt) / 1000
    const report = Effect.gen(function* () {
      most = Math.max(most, yield* alive)
      const { session, token } = yield* resends
      progress({ seconds: elapsed(), tally: tally.tally, account: link.latest(), resends: token + session })
    })

    const delay = monitorEventLoopDelay()
    delay.enable()
    yield* Effect.gen(function* () {
      yield* Effect.forkScoped(saboteur.make("token", { link, options, setting, strikes, tally }))
      yield* Effect.forkScoped(saboteur.make("session", { link, options, setting, strikes, tally }))
      yield* Effect.forkScoped(Effect.repeat(report, Schedule.fixed("1 second")))
      yield* load.run(options, link, tally, findings)
    }).pipe(Effect.scoped, Effect.provide(Layer.provideMerge(pipeline, incidents.layer)), Effect.supervised(supervisor))
    const seconds = elapsed()
    delay.disable()

    const after = yield* settled(alive, before, 100)
    const account = yield* link.ask("close idle connections")
    return {
      seconds,
      tally: tally.tally,
      strikes,
      account,
      resends: yield* resends,
      findings,
      fibers: { before, most, after },
      sockets: yield* settled(sockets, 0, 2000),
      stalled: delay.max / 1e6
    }
  }).pipe(Effect.scoped)
