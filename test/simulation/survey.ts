/**
 * Runs random programs to the end, whatever they do, and counts which promises they break:
 *
 *     npx tsx test/simulation/survey.ts --seed 1 --runs 300
 *
 * Names a seed and a number of each kind. `--show 7` tells the story of the seed's eighth program instead, and prints it.
 */
import { parseArgs } from "node:util"
import { programsOf, size, survey } from "./batch.js"
import { print } from "./program.js"
import { run } from "./simulation.js"

const { values } = parseArgs({
  options: {
    seed: { type: "string", default: "1" },
    runs: { type: "string", default: "300" },
    show: { type: "string" }
  }
})

process.setSourceMapsEnabled(false)
const first = Number(values.seed)

/** Numbers and addresses aside, so that what is alike is counted together. */
const kindOf = (promise: string): string =>
  promise
    .split("\n")[0]
    ?.replaceAll(/#\w+|\d+(\.\d+)?/g, "n")
    .slice(0, 160) ?? promise

if (values.show !== undefined) {
  const program = programsOf(first)[Number(values.show)]
  if (program === undefined) throw new Error(`a seed stands for ${size} programs`)
  const { violations } = await run(program, (line) => console.log(line()))
  console.log(`\n${print(program)}\n`)
  for (const promise of violations) console.log(`Broken: ${promise}`)
} else {
  const kinds = new Map<string, { count: number; readonly example: string }>()
  let broken = 0
  const before = process.cpuUsage()
  const batches = Math.ceil(Number(values.runs) / size)
  for (let n = 0; n < batches; n++) {
    for (const { index, promises, seed } of await survey(first + n)) {
      broken += 1
      for (const promise of new Set(promises.map(kindOf))) {
        const known = kinds.get(promise)
        if (known === undefined) kinds.set(promise, { count: 1, example: `--seed ${seed} --show ${index}` })
        else known.count += 1
      }
    }
  }
  const { system, user } = process.cpuUsage(before)
  console.log(`${broken} of ${batches * size} programs break a promise`)
  console.log(`${((user + system) / 1000 / batches / size).toFixed(1)} ms of CPU a program`)
  for (const [promise, { count, example }] of [...kinds].sort(([, one], [, other]) => other.count - one.count)) {
    console.log(`${`${count}`.padStart(6)}  ${promise}  (${example})`)
  }
}
