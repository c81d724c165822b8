import type { Measure } from "../shared/measure.js"
import { serve } from "../shared/serve.js"
import { scaled } from "../shared/settings.js"
import { interleave } from "../shared/slices.js"
import { quantile, round } from "../shared/statistics.js"
import { calling, clients, transports } from "../shared/transports.js"

const target = "/api/m2m/v1/accounts/0000123456-00001"

const chosen = ["FetchHttpClient.layer", "NodeHttpClient.layerUndici"] as const

/** Calls a second and their times over real HTTP on loopback, against the bare client of the same transport. */
export const throughput: Measure = {
  title: "Throughput over loopback HTTP",
  run: async () => {
    const baseUrl = `http://127.0.0.1:${await serve()}`
    const rows: Array<Array<string | number>> = []
    const ratios: Array<number> = []
    for (const name of chosen) {
      const transport = transports[name]
      if (transport === undefined) continue
      const { authenticated, bare, run } = await clients(transport, baseUrl)
      for (const concurrency of [1, 10, 100, 1000]) {
        const times: { bare: Array<number>; ours: Array<number> } = { bare: [], ours: [] }
        const calls = Math.max(200, concurrency)
        const costs = await interleave(
          {
            bare: calling(run, bare, baseUrl + target, { calls, concurrency, observe: (ms) => times.bare.push(ms) }),
            ours: calling(run, authenticated, target, { calls, concurrency, observe: (ms) => times.ours.push(ms) })
          },
          { warmUp: scaled(1000), duration: scaled(7000) }
        )
        const wall = (which: "bare" | "ours") => (costs[which] ?? []).map((cost) => cost.wall)
        // Slices that follow one another have met the same machine, so it is their quotients that are compared.
        const quotients = wall("bare").map((value, index) => value / (wall("ours")[index] ?? Number.NaN))
        const ratio = quantile(quotients, 0.5)
        ratios.push(ratio)
        const rate = (which: "bare" | "ours") => Math.round(1e6 / quantile(wall(which), 0.5))
        const time = (which: "bare" | "ours") =>
          `${round(quantile(times[which], 0.5), 1)} / ${round(quantile(times[which], 0.99), 1)}`
        rows.push([
          name,
          concurrency,
          rate("bare"),
          rate("ours"),
          round(ratio),
          `${round(quantile(quotients, 0.25))} to ${round(quantile(quotients, 0.75))}`,
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
            "ratio",
            "middle half",
            "bare, ms (median / 99 %)",
            "ours, ms"
          ],
          rows
        }
      ],
      figures: { throughput: round(quantile(ratios, 0.5), 3), throughputLeast: round(Math.min(...ratios), 3) }
    }
  }
}
