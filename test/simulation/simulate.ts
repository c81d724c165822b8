/**
 * Runs random programs against the pipeline and the emulated platform, in virtual time, and checks its promises after
 * each step:
 *
 *     npm run simulate -- --seed 1 --runs 10000
 *
 * Without a seed it takes one from the clock. It ends with a table of what was exercised, or with the smallest program
 * that breaks a promise, ready for `regressions.ts`, and exit code 1. `--any` takes the first such program as it is.
 * `--jobs` is the number of processes, one for each core by default.
 */
import { type ChildProcess, fork } from "node:child_process"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Batch, runBatch, size } from "./batch.js"
import * as Tally from "./tally.js"

const work = (): void => {
  // Stacks are only searched for secrets.
  process.setSourceMapsEnabled(false)
  const anyWillDo = process.argv.includes("--any")
  process.on("message", (seed) => {
    void runBatch(Number(seed), anyWillDo).then((batch) => process.send?.(batch))
  })
}

const bar = (share: number): string => "#".repeat(Math.round(share * 30)).padEnd(30, ".")

const progress = (done: number, of: number, since: number): void => {
  const seconds = (performance.now() - since) / 1000
  const line = `[${bar(done / of)}] ${done} of ${of} programs, ${seconds.toFixed(0)} s, ${(done / seconds).toFixed(0)} a second`
  if (process.stderr.isTTY) process.stderr.write(`\r${line}`)
  else if (done === of || Math.floor((done * 20) / of) > Math.floor(((done - size) * 20) / of)) console.error(line)
}

const isBatch = (message: unknown): message is Batch =>
  typeof message === "object" && message !== null && "seed" in message && "tally" in message

const oversee = async (seed: number, runs: number, jobs: number): Promise<number> => {
  const batches = Math.ceil(runs / size)
  const start = performance.now()
  console.log(`seed ${seed}, ${batches * size} programs`)
  let next = 0
  let done = 0
  let tally = Tally.none
  const worker = (): Promise<Batch | undefined> =>
    new Promise((resolve, reject) => {
      const child: ChildProcess = fork(fileURLToPath(import.meta.url), process.argv.slice(2), {
        env: { ...process.env, SIMULATION_WORKER: "1" },
        // One thread, and seldom: what a program leaves behind is gone with the next.
        execArgv: [...process.execArgv, "--single-threaded-gc", "--max-semi-space-size=64"]
      })
      const feed = (): void => {
        if (next < batches) child.send(seed + next++)
        else child.disconnect()
      }
      child.on("message", (batch) => {
        if (!isBatch(batch)) return
        tally = Tally.add(tally, batch.tally)
        done += size
        progress(done, batches * size, start)
        if (batch.violation === undefined) return feed()
        child.kill()
        next = batches
        resolve(batch)
      })
      child.on("error", reject)
      child.on("exit", (code) =>
        code === 0 || code === null ? resolve(undefined) : reject(new Error(`a worker ended with code ${code}`))
      )
      feed()
    })
  const ends = await Promise.all(Array.from({ length: Math.min(jobs, batches) }, worker))
  process.stderr.write("\n")
  const broken = ends.find((batch) => batch?.violation !== undefined)
  if (broken?.violation === undefined) {
    console.log(`${Tally.print(tally)}\n\nNo promise was broken.`)
    return 0
  }
  const { program, promises, story } = broken.violation
  console.log(`${story.join("\n")}\n\n${program}\n`)
  console.log(promises.map((promise) => `Broken: ${promise}`).join("\n"))
  console.log(`Again: npm run simulate -- --seed ${broken.seed} --runs ${size}`)
  return 1
}

if (process.env.SIMULATION_WORKER === "1") {
  work()
} else {
  const { values } = parseArgs({
    options: {
      seed: { type: "string" },
      runs: { type: "string" },
      jobs: { type: "string" },
      any: { type: "boolean" }
    }
  })
  process.exitCode = await oversee(
    Number(values.seed ?? Date.now() % 1_000_000_000),
    Number(values.runs ?? 1000),
    Number(values.jobs ?? availableParallelism())
  )
}
