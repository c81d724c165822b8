import { describe, expect, it } from "vitest"
import { programsOf, runBatch } from "./batch.js"
import { regressions } from "./regressions.js"
import { run } from "./simulation.js"

/** Only keeps a test from hanging: how long the programs take depends on what else the machine does. */
const timeout = 300_000

describe("The pipeline, simulated", () => {
  it.each([1, 2, 3])(
    "keeps its promises in the hundred programs of seed %i",
    async (seed) => {
      const { tally, violation } = await runBatch(seed)
      expect(violation).toBeUndefined()
      expect(tally["simulated/programs"]).toBe(100)
    },
    timeout
  )

  it.each(regressions)("$promise", async ({ program }) => {
    const { violations } = await run(program)
    expect(violations).toEqual([])
  })

  it("does the same whenever it runs the same program", async () => {
    const tell = async (): Promise<ReadonlyArray<string>> => {
      const story: Array<string> = []
      const drawn = programsOf(1).slice(0, 10)
      for (const program of [...regressions.map(({ program }) => program), ...drawn]) {
        await run(program, (line) => story.push(line()))
      }
      return story
    }
    const told = await tell()
    expect(told).not.toEqual([])
    expect(await tell()).toEqual(told)
  })
})
