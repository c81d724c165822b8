/**
 * Runs every check of the project, whatever fails, and closes with what did: `npm run check`; with `-- --tested` all but
 * the tests of `npm test`, which have just been run, and with `-- --full` also what takes minutes, see `adopt.ts`.
 */
import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { changesets } from "./changesets.js"
import { documented } from "./documented.js"
import { examples } from "./examples.js"
import { layered } from "./layered.js"
import { broken } from "./links.js"
import { complete } from "./lockfile.js"
import { importable, packed } from "./packed.js"
import { publicModules } from "./sources.js"

const run = (command: string): boolean => spawnSync(command, { shell: true, stdio: "inherit" }).status === 0

const none = (problems: ReadonlyArray<string>): boolean => {
  console.log(problems.length === 0 ? "No problems." : problems.join("\n"))
  return problems.length === 0
}

const counts = { passed: 0, failed: 0, skipped: 0 }

const test = (): boolean => {
  const folder = mkdtempSync(join(tmpdir(), "vitest-"))
  const report = join(folder, "report.json")
  try {
    const project = process.argv.includes("--tested") ? "--project system" : "--project unit --project system"
    const succeeded = run(`vitest run ${project} --reporter=default --reporter=json --outputFile.json="${report}"`)
    const { numPassedTests, numFailedTests, numPendingTests, numTodoTests } = JSON.parse(readFileSync(report, "utf8"))
    counts.passed = numPassedTests
    counts.failed = numFailedTests
    counts.skipped = numPendingTests + numTodoTests
    return succeeded && numPassedTests > 0
  } finally {
    rmSync(folder, { recursive: true })
  }
}

const build = (): boolean => {
  rmSync("dist", { recursive: true, force: true })
  return run("npm run build")
}

const attempt = (check: () => boolean): boolean => {
  try {
    return check()
  } catch (error) {
    console.error(error)
    return false
  }
}

const steps: ReadonlyArray<readonly [name: string, check: () => boolean]> = [
  ["Format and lint", () => run("biome ci --error-on-warnings .")],
  [
    "Effect diagnostics",
    () => run("effect-language-service diagnostics --project tsconfig.json --format text --strict")
  ],
  ["Types", () => run("tsc --noEmit -p tsconfig.json")],
  ["What the compiler must refuse", () => run("tstyche")],
  ["Imports point one way", () => none(layered())],
  ["Every export documented", () => none(documented())],
  ["Lockfile complete, without hosts", () => none(complete())],
  ["Changesets", () => none(changesets())],
  ["Links and commands of the documents", () => none(broken())],
  ["Tests", test],
  ["Build", build],
  ["Examples of the doc comments", () => none(examples())],
  ["API reference", () => run("typedoc")],
  ["Package content", () => none(packed())],
  ["Package imports", () => none(importable())],
  ["Package metadata", () => run("publint --strict")],
  ["Package types", () => run(`attw --pack . --profile esm-only --include-entrypoints ${publicModules.join(" ")}`)],
  ["Package as its users get it", () => run(`tsx scripts/adopt.ts ${process.argv.slice(2).join(" ")}`)]
]

const results: Array<{ readonly name: string; readonly ok: boolean; readonly seconds: string }> = []
for (const [name, check] of steps) {
  console.log(`\n=== ${name} ===\n`)
  const start = performance.now()
  const ok = attempt(check)
  results.push({ name, ok, seconds: ((performance.now() - start) / 1000).toFixed(1) })
}

console.log("\n=== Summary ===\n")
for (const { name, ok, seconds } of results) {
  console.log(`${name.padEnd(37)}${ok ? "ok    " : "FAILED"}${seconds.padStart(8)} s`)
}
console.log(
  `\n${counts.passed} passed, ${counts.failed} failed${counts.skipped === 0 ? "" : `, ${counts.skipped} skipped`}`
)
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1
