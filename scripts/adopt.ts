/**
 * Tries the package as its users get it: packed, and installed into empty projects outside the repository.
 *
 *     npm run adopt              what the check runs, in about a minute
 *     npm run adopt -- --full    with every compiler, runtime and setting
 */
import { mkdirSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { neutral, treeShaken } from "./adopt/bundles.js"
import { compile, type Setting } from "./adopt/compiles.js"
import { definitionsReachable } from "./adopt/definitions.js"
import { hour } from "./adopt/hour.js"
import { installs } from "./adopt/installs.js"
import { install, make, pack } from "./adopt/project.js"
import { available, here, runs, withEmulator } from "./adopt/runs.js"
import { compilers, disagreements, highest, lowest, runtimes } from "./adopt/versions.js"

const full = process.argv.includes("--full")
const counts = { passed: 0, failed: 0, skipped: 0 }

const report = async (what: string, attempt: () => Promise<ReadonlyArray<string>>): Promise<void> => {
  const start = performance.now()
  const problems = await attempt().catch((error: unknown) => [String(error)])
  const seconds = ((performance.now() - start) / 1000).toFixed(1)
  counts[problems.length === 0 ? "passed" : "failed"] += 1
  console.log(`${problems.length === 0 ? "ok    " : "FAILED"} ${what} (${seconds} s)`)
  for (const problem of problems) console.log(problem.replace(/^/gm, "       "))
}

const skip = (what: string, reason: string): void => {
  counts.skipped += 1
  console.log(`skipped ${what}: ${reason}`)
}

const everySetting: ReadonlyArray<Setting> = Object.keys(compilers).flatMap((compiler) =>
  (["bundler", "nodenext"] as const).flatMap((resolution) =>
    [true, false].map((skipLibCheck) => ({ compiler, resolution, skipLibCheck }))
  )
)

/** The compiler is this repository's own. */
const oneSetting: Setting = { compiler: "typescript", resolution: "nodenext", skipLibCheck: false }

const versions = (pair: Readonly<Record<string, string>>): string =>
  Object.entries(pair)
    .map(([name, version]) => `${name} ${version}`)
    .join(", ")

const folder = mkdtempSync(join(tmpdir(), "adopt-"))
const place = (name: string) => {
  mkdirSync(join(folder, name))
  return make(join(folder, name))
}

try {
  await report("the peer range is stated once", async () => disagreements())
  const tarball = pack(folder)

  await report("what the pages install", () => installs(place("pages"), tarball))
  await report("a new user's hour", () => hour(place("hour"), tarball))

  for (const [name, pair] of Object.entries({ highest, lowest })) {
    const project = place(name)
    await report(`install beside ${versions(pair)}`, async () => {
      const { ok, output } = await install(project, tarball, { ...pair, ...(full ? compilers : {}) })
      return ok ? [] : [output]
    })
    for (const setting of full ? everySetting : [oneSetting]) {
      const { compiler, resolution, skipLibCheck } = setting
      await report(`  ${compiler}, ${resolution}, skipLibCheck ${skipLibCheck}`, () => compile(project, setting))
    }
    await withEmulator(async (environment) => {
      await report(`  run on ${here.name}`, () => runs(project, here, environment))
      if (!full || name !== "highest") return
      const brought = await install(project, tarball, {
        ...pair,
        ...Object.fromEntries(runtimes.map(({ name, specifier }) => [name, specifier]))
      })
      for (const runtime of runtimes) {
        if (available(project, runtime)) {
          await report(`  run on ${runtime.specifier.slice(4)}`, () => runs(project, runtime, environment))
        } else {
          skip(`  run on ${runtime.name}`, brought.ok ? "its package brings no binary here" : brought.output)
        }
      }
    })
    if (name === "highest") {
      await report("  bundled for a neutral platform", () => neutral(project))
      await report("  tree-shaken", () => treeShaken(project))
      await report("  go to definition", () => definitionsReachable(project))
    }
  }
} finally {
  rmSync(folder, { recursive: true })
}

console.log(`\n${counts.passed} ok, ${counts.failed} failed, ${counts.skipped} skipped`)
process.exitCode = counts.failed === 0 ? 0 : 1
