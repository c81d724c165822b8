import { assert, describe, it } from "@effect/vitest"
import { read, rows } from "./pages.js"

const { measurements, targets } = JSON.parse(read("bench/results.json"))

describe("The figures of the bench", () => {
  it("are in its page as they were measured", () => {
    const measured: ReadonlyArray<ReadonlyArray<string | number>> = targets.rows
    const shown = rows("bench/README.md", "The latest run").slice(1)
    assert.deepStrictEqual(
      shown,
      measured.map((row) => row.map(String))
    )
  })

  it("are on the page of transports as they were measured", () => {
    const measured: ReadonlyArray<ReadonlyArray<string | number>> = measurements.tls.tables[0].rows
    const lowQuantile = new Map(measured.map(([name, , value]) => [name, String(value)]))
    assert.deepStrictEqual(
      rows("docs/transports.md", "Cost").slice(1),
      [
        ["`NodeHttpClient.layerUndici`", "NodeHttpClient.layerUndici: ours"],
        ["`FetchHttpClient.layer`", "FetchHttpClient.layer: ours"],
        ["`NodeHttpClient.layer`, with an agent that keeps its connections", "NodeHttpClient, keepAlive agent: ours"],
        ["`NodeHttpClient.layer`", "NodeHttpClient.layer: ours"],
        ["for comparison: axios, the credentials static", "axios, static headers"]
      ].map(([transport = "", name = ""]) => [transport, lowQuantile.get(name) ?? "not measured"])
    )
  })

  it("are on the page of accounts as they were measured for many", () => {
    const measured: ReadonlyArray<ReadonlyArray<string | number>> = measurements.growth.tables[1].rows
    const [, , kibibytes, , seconds] = measured.find(([count]) => count === "10,000" || count === 10_000) ?? []
    const page = read("docs/accounts.md").replaceAll(/\s+/g, " ")
    assert.include(page, `took ${kibibytes} KiB of memory each`)
    assert.include(page, `and ${seconds} seconds until each`)
  })
})
