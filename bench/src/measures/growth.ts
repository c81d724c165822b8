import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { credentials, transport } from "../peers/ours.js"
import { url } from "../peers/peer.js"
import { ThingSpaceHttpClient } from "../shared/library.js"
import type { Measure } from "../shared/measure.js"
import { accepting } from "../shared/platform.js"
import { quick } from "../shared/settings.js"
import { quantile, round } from "../shared/statistics.js"

const counting = () => {
  let sent = 0
  const platform = {
    ...accepting,
    token: () => {
      sent += 1
      return accepting.token()
    },
    login: () => {
      sent += 1
      return accepting.login()
    }
  }
  return { platform, sent: () => sent }
}

/** The layer of an account, in a scope of its own, on a transport that all share. */
const open = (platform: typeof accepting) => {
  const client = transport(platform)
  return Effect.gen(function* () {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(Layer.orDie(ThingSpaceHttpClient.layer(credentials)), scope)
    return { scope, client: Context.get(context, ThingSpaceHttpClient.ThingSpaceHttpClient) }
  }).pipe(Effect.provideService(HttpClient.HttpClient, client))
}

const cpuTime = (): number => {
  const { system, user } = process.cpuUsage()
  return user + system
}

/** One account, ever more fibers that call at once, cold. */
const fibers = (count: number) =>
  Effect.gen(function* () {
    const { platform, sent } = counting()
    const { client, scope } = yield* open(platform)
    const call = client.get(url)
    const all = Effect.all(
      Array.from({ length: count }, () => call),
      { concurrency: "unbounded", discard: true }
    )
    yield* all
    const acquisitions = sent()
    const costs: Array<number> = []
    const rounds = Math.min(200, Math.max(3, Math.round((quick ? 30_000 : 300_000) / count)))
    for (let index = 0; index < rounds; index++) {
      const before = cpuTime()
      yield* all
      costs.push((cpuTime() - before) / count)
    }
    yield* Scope.close(scope, Exit.void)
    return [count, acquisitions, round(quantile(costs, 0.2)), round(quantile(costs, 0.5))]
  })

const heap = (): number => {
  for (let index = 0; index < 4; index++) globalThis.gc?.()
  return process.memoryUsage().heapUsed
}

const settled = Effect.promise(() => new Promise((resume) => setTimeout(resume, 50)))

/** Ever more accounts, each logged in and idle, its fiber waiting to log in again. */
const accounts = (count: number) =>
  Effect.gen(function* () {
    const { platform, sent } = counting()
    yield* settled
    const before = heap()
    const account = open(platform)
    const began = performance.now()
    const opened = yield* Effect.forEach(Array.from({ length: count }), () => account)
    yield* Effect.forEach(opened, ({ client }) => client.get(url), { discard: true })
    const creation = (performance.now() - began) / 1000
    yield* settled
    const bytes = (heap() - before) / count
    const start = cpuTime()
    for (let round = 0; round < 3; round++)
      yield* Effect.forEach(opened, ({ client }) => client.get(url), { discard: true })
    const cost = (cpuTime() - start) / count / 3
    yield* Effect.forEach(opened, ({ scope }) => Scope.close(scope, Exit.void), { discard: true })
    return [count, sent() / count, round(bytes / 1024, 1), round(cost), round(creation, 1)]
  })

/** What more of everything costs. */
export const growth: Measure = {
  title: "Growth",
  run: async () => {
    const fiberCounts = [10, 100, 1000, 10_000, 100_000]
    const accountCounts = quick ? [1, 10, 100, 1000] : [1, 10, 100, 1000, 10_000]
    const fiberRows = await Effect.runPromise(Effect.forEach(fiberCounts, fibers))
    // What the first account brings into being is not of the accounts.
    await Effect.runPromise(accounts(100))
    const accountRows = await Effect.runPromise(Effect.forEach(accountCounts, accounts))
    const kibibytes = (count: number) => Number(accountRows.find(([value]) => value === count)?.[2])
    return {
      tables: [
        {
          title: "Fibers that call at once",
          columns: ["fibers", "requests for credentials", "µs of CPU per call, 20th percentile", "median"],
          rows: fiberRows,
          note: "Forking the fiber included. Each call is guarded by itself: nothing in the program says that fetch follows no redirect."
        },
        {
          title: "Accounts, logged in and idle",
          columns: [
            "accounts",
            "requests for credentials each",
            "KiB of heap each",
            "µs of CPU per call",
            "s until all have made a call"
          ],
          rows: accountRows,
          note: "Everything that the layer of an account holds: its clients, its guard, and the fiber that logs in again."
        }
      ],
      figures: {
        fibersCredentialRequests: Number(fiberRows.find(([value]) => value === 10_000)?.[1]),
        accountKibibytes: kibibytes(quick ? 1000 : 10_000),
        accountLinear: round(kibibytes(quick ? 1000 : 10_000) / kibibytes(100))
      }
    }
  }
}
