import * as https from "node:https"
import axios from "axios"
import { request as undici } from "undici"
import type { Measure } from "../shared/measure.js"
import { serve } from "../shared/serve.js"
import { scaled } from "../shared/settings.js"
import { interleave, type Slice } from "../shared/slices.js"
import { round, summarize } from "../shared/statistics.js"
import { calling, clients, transports } from "../shared/transports.js"

const target = "/api/m2m/v1/accounts/0000123456-00001"
const calls = 60
const concurrency = 10

const headers = {
  accept: "application/json",
  authorization: `Bearer ${"access-token-".padEnd(40, "0")}`,
  "vz-m2m-token": "session-token-".padEnd(36, "0")
}

/** So many at a time, as the subjects on Effect do it. */
const slice =
  (call: () => Promise<unknown>): Slice =>
  async () => {
    const worker = async () => {
      for (let index = 0; index < calls / concurrency; index++) await call()
    }
    await Promise.all(Array.from({ length: concurrency }, worker))
    return calls
  }

const nodeHttps = (url: string, agent: https.Agent) => () =>
  new Promise<unknown>((resume, reject) => {
    const request = https.get(url, { agent, headers }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (part: string) => {
        body += part
      })
      response.on("end", () => resume(JSON.parse(body)))
    })
    request.on("error", reject)
  })

/** Whole calls over TLS, from the request to the decoded answer. The process trusts the server's certificate. */
export const tls: Measure = {
  title: "Whole calls over loopback TLS, 10 at a time",
  run: async () => {
    const [certificate = "", key = ""] = (process.env.BENCH_CERTIFICATE ?? "").split(":")
    const baseUrl = `https://127.0.0.1:${await serve(certificate, key)}`
    const url = baseUrl + target
    const agent = new https.Agent({ keepAlive: true })
    const client = axios.create({ httpsAgent: agent, headers })
    const subjects: Record<string, Slice> = {
      "node:https, keepAlive": slice(nodeHttps(url, agent)),
      undici: slice(async () => (await undici(url, { headers })).body.json()),
      fetch: slice(async () => (await fetch(url, { headers })).json()),
      "axios, static headers": slice(() => client.get(url))
    }
    for (const [name, transport] of Object.entries(transports)) {
      const { authenticated, bare, run } = await clients(transport, baseUrl)
      subjects[`${name}: bare`] = calling(run, bare, url, { calls, concurrency })
      subjects[`${name}: ours`] = calling(run, authenticated, target, { calls, concurrency })
    }
    const costs = await interleave(subjects, { warmUp: scaled(1500), duration: scaled(60_000) })
    const rows = Object.entries(costs).map(([name, all]) => ({
      name,
      cpu: summarize(all.map((cost) => cost.cpu / 1000)),
      wall: summarize(all.map((cost) => cost.wall / 1000))
    }))
    const cpuOf = (name: string): number => rows.find((row) => row.name === name)?.cpu.p20 ?? Number.NaN
    return {
      tables: [
        {
          title: tls.title,
          columns: ["ms per call", "CPU, minimum", "20th percentile", "median", "middle half", "wall, median"],
          rows: rows.map(({ cpu, name, wall }) => [
            name,
            round(cpu.min),
            round(cpu.p20),
            round(cpu.median),
            `${round(cpu.from)} to ${round(cpu.to)}`,
            round(wall.median)
          ]),
          note: "CPU of the client's process, all threads. Each reads and decodes the answer. Ours carries both credentials, as do the static headers."
        }
      ],
      figures: {
        tlsCpuOverAxios: round(cpuOf("NodeHttpClient.layerUndici: ours") / cpuOf("axios, static headers"))
      },
      charts: [
        {
          file: "tls.svg",
          title: "CPU per call over TLS, 20th percentile",
          unit: "ms",
          rows: rows.map(({ cpu, name }) => ({ label: name, value: round(cpu.p20), ours: name.endsWith(": ours") }))
        }
      ]
    }
  }
}
