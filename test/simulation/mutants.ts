/**
 * Shows that the simulation bites: puts one deliberate bug at a time into a copy of the library, and runs the simulation
 * against it, the programs of `regressions.ts` first, until a promise breaks:
 *
 *     npm run mutants
 *
 * `--runs` is the number of programs each bug has to survive (default 3000), `--seed` where they start (default 1),
 * `--jobs` how many bugs are tried at once (default one for each core), `--only` a part of a bug's name. Exit code 1 if one
 * survives.
 */
import { execFile } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs"
import { availableParallelism, tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { parseArgs } from "node:util"
import { type Mutation, mutations } from "./mutations.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** The library and its simulation, to be changed. */
const copy = (): string => {
  const folder = mkdtempSync(join(tmpdir(), "mutant-"))
  for (const part of ["src", "test/simulation", "package.json", "tsconfig.json", "tsconfig.base.json"]) {
    cpSync(join(root, part), join(folder, part), { recursive: true })
  }
  symlinkSync(join(root, "node_modules"), join(folder, "node_modules"))
  return folder
}

const apply = ({ file, find, replace }: Mutation, folder: string): void => {
  const source = readFileSync(join(folder, file), "utf8")
  if (source.split(find).length !== 2) throw new Error(`${file} does not hold exactly once: ${find}`)
  writeFileSync(
    join(folder, file),
    source.replace(find, () => replace)
  )
}

const { values } = parseArgs({
  options: {
    runs: { type: "string", default: "3000" },
    seed: { type: "string", default: "1" },
    jobs: { type: "string", default: `${availableParallelism()}` },
    only: { type: "string", default: "" }
  }
})

/** What became of a deliberate bug: only a broken promise catches it, and a run that ends in another way shows nothing. */
interface Verdict {
  readonly word: "caught" | "SURVIVED" | "NOT RUN"
  readonly detail: string
}

const verdictOn = (mutation: Mutation): Promise<Verdict> => {
  const folder = copy()
  apply(mutation, folder)
  const options = ["--any", "--runs", values.runs, "--seed", values.seed, "--jobs", "1"]
  return new Promise((resolve) => {
    execFile(
      process.execPath,
      ["--import", "tsx", "test/simulation/simulate.ts", ...options],
      { cwd: folder, timeout: 1_800_000 },
      (error, stdout) => {
        rmSync(folder, { recursive: true })
        const broken = /^Broken: (.*)$/m.exec(stdout)?.[1]
        if (error === null) resolve({ word: "SURVIVED", detail: "" })
        else if (broken !== undefined) resolve({ word: "caught", detail: broken })
        else resolve({ word: "NOT RUN", detail: error.message })
      }
    )
  })
}

const chosen = mutations.filter(({ name }) => name.includes(values.only))
const waiting = [...chosen]
let caught = 0

const tryNext = async (): Promise<void> => {
  const mutation = waiting.shift()
  if (mutation === undefined) return
  const { detail, word } = await verdictOn(mutation)
  if (word === "caught") caught += 1
  console.log(`${word.padEnd(10)}${mutation.name}${detail === "" ? "" : `\n          ${detail}`}`)
  return tryNext()
}

await Promise.all(Array.from({ length: Number(values.jobs) }, tryNext))
console.log(`\n${caught} of ${chosen.length} deliberate bugs caught`)
process.exitCode = caught === chosen.length ? 0 : 1
