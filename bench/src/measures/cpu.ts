import { peers } from "../peers/all.js"
import { ways } from "../peers/ours.js"
import type { Connected } from "../peers/peer.js"
import type { Measure } from "../shared/measure.js"
import { accepting } from "../shared/platform.js"
import { scaled } from "../shared/settings.js"
import { interleave, type Slice } from "../shared/slices.js"
import { round, summarize } from "../shared/statistics.js"

const microseconds = (value: number): number => round(value, 2)

/** How many calls take about two milliseconds. */
const callsPerSlice = async ({ authenticated }: Connected): Promise<number> => {
  const end = performance.now() + 200
  while (performance.now() < end) await authenticated(50)
  const start = performance.now()
  await authenticated(200)
  return Math.min(1000, Math.max(20, Math.round((200 * 2) / (performance.now() - start))))
}

/** What a call with credentials costs over the same library's call without. */
export const cpu: Measure = {
  title: "CPU per call, transport stubbed",
  run: async () => {
    const subjects: Record<string, Slice> = {}
    const all = [...peers, ...ways]
    for (const { connect, name } of all) {
      const client = await connect(accepting)
      const calls = await callsPerSlice(client)
      subjects[`${name}: bare`] = () => client.bare(calls).then(() => calls)
      subjects[`${name}: authenticated`] = () => client.authenticated(calls).then(() => calls)
    }
    const costs = await interleave(subjects, { warmUp: scaled(1000), duration: scaled(60_000) })
    const of = (name: string) => summarize((costs[name] ?? []).map((cost) => cost.cpu))
    const over = all.map(({ name }) => {
      const bare = of(`${name}: bare`)
      const full = of(`${name}: authenticated`)
      return { name, bare, full, min: full.min - bare.min, p20: full.p20 - bare.p20, median: full.median - bare.median }
    })
    const azure = over.find(({ name }) => name.startsWith("@azure/core"))
    const figure = (name: string): number => {
      const row = over.find((each) => each.name === name)
      return row === undefined || azure === undefined ? Number.NaN : round(row.p20 / azure.p20)
    }
    return {
      tables: [
        {
          title: cpu.title,
          columns: ["µs over bare", "minimum", "20th percentile", "median", "bare", "middle half, with credentials"],
          rows: over.map(({ bare, full, median, min, name, p20 }) => [
            name,
            microseconds(min),
            microseconds(p20),
            microseconds(median),
            microseconds(bare.p20),
            `${microseconds(full.from)} to ${microseconds(full.to)}`
          ]),
          note: "Each over its own library's bare call, in interleaved slices of some milliseconds; peers carry one credential. A price below zero is less than the slices of its library differ."
        }
      ],
      figures: {
        cpuOverAzure: figure("ours, both"),
        cpuOverAzurePerCallGuard: figure("ours, both, redirects seen to per call"),
        cpuOutOfLayers: round(
          figure("ours, both, out of the layers") / figure("ours, both, redirects seen to per call")
        )
      },
      charts: [
        {
          file: "cpu.svg",
          title: "CPU per call over the same library's bare call, 20th percentile",
          unit: "µs",
          rows: over.map(({ name, p20 }) => ({
            label: name,
            value: microseconds(Math.max(0, p20)),
            ours: name.startsWith("ours")
          }))
        }
      ]
    }
  }
}
