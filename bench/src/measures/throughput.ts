import type { Measure } from "../shared/measure.js"
import { serve } from "../shared/serve.js"
import { scaled } from "../shared/settings.js"
import { interleave } from "../shared/slices.js"
import { quantile, round } from "../shared/statistics.js"
import { calling, clients, transports } from "../shared/transports.js"

const target = "/api/m2m/v1/accounts/0000123456-00001"

const chosen = ["FetchHttpClient.layer", "NodeHttpClient.layerUndici"] as const

const ways = ["bare", "ours", "told"] as const

/** Calls a second and their times over real HTTP on loopback, against the bare client of the same transport. */
export const throughput: Measure = {
  title: "Throughput over loopback HTTP",
  run: async () => {
    const baseUrl = `http://127.0.0.1:${await serve()}`
    const rows: Array<Array<string | number>> = []
    const ratios: Record<"ours" | "told", Array<number>> = { ours: [], told: [] }
    for (const name of chosen) {
      const transport = transports[name]
      if (transport === undefined) continue
      const { authenticated, bare, run, runTold } = await clients(transport, baseUrl)
      for (const concurrency of [1, 10, 100, 1000]) {
        const times: Record<(typeof ways)[number], Array<number>> = { bare: [], ours: [], told: [] }
        const options = (way: (typeof ways)[number]) => ({
          calls: Math.max(50, concurrency),
          concurrency,
          observe: (ms: number) => times[way].push(ms)
        })
        const costs = await interleave(
          {
            bare: calling(run, bare, baseUrl + target, options("bare")),
            ours: calling(run, authenticated, target, options("ours")),
            told: calling(runTold, authenticated, target, options("told"))
          },
          { warmUp: scaled(1000), duration: scaled(8000) }
        )
        const wall = (way: (typeof ways)[number]) => (costs[way] ?? []).map((cost) => cost.wall)
        // Slices that follow one another have met the same machine, so it is their quotients that are compared.
        const quotients = (way: "ours" | "told") =>
          wall("bare").map((value, index) => value / (wall(way)[index] ?? Number.NaN))
        const ratio = (way: "ours" | "told"): string => {
          const all = quotients(way)
          ratios[way].push(quantile(all, 0.5))
          return `${round(quantile(all, 0.5))} (${round(quantile(all, 0.25))} to ${round(quantile(all, 0.75))})`
        }
        const rate = (way: (typeof ways)[number]) => Math.round(1e6 / quantile(wall(way), 0.5))
        const time = (way: (typeof ways)[number]) =>
          `${round(quantile(times[way], 0.5), 1)} / ${round(quantile(times[way], 0.99), 1)}`
        rows.push([
          name,
          concurrency,
          rate("bare"),
          rate("ours"),
          ratio("ours"),
          ratio("told"),
          time("bare"),
          time("ours")
        ])
      }
    }
    return {
      tables: [
        {
          title: throughput.title,
          columns: [
            "transport",
            "at once",
            "bare, calls/s",
            "ours, calls/s",
            "of bare's (middle half)",
            "fetch told once",
            "bare, ms (median / 99 %)",
            "ours, ms"
          ],
          rows,
          note: "Two processes on the same machine: the processor is what limits them, so this is the dearest case of all."
        }
      ],
      figures: {
        throughput: round(quantile(ratios.ours, 0.5), 3),
        throughputTold: round(quantile(ratios.told, 0.5), 3)
      }
    }
  }
}
