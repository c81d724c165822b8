/**
 * Runs the test suite against the lowest supported versions of Effect, in a copy of the repository:
 *
 *     npx tsx scripts/adopt/suite.ts
 *
 * It takes minutes, so the check tells only a story with them: run this when the peer range changes.
 */
import { execFileSync, spawnSync } from "node:child_process"
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { lowest, lowestCompanions } from "./versions.js"

const folder = mkdtempSync(join(tmpdir(), "lowest-"))

const run = (command: string, ...args: ReadonlyArray<string>): boolean =>
  spawnSync(command, args, { cwd: folder, stdio: "inherit" }).status === 0

/** Tests that are written with functions which those versions do not have yet; the library does without. */
const later = [
  "echo a body of any kind with its length in bytes", // HttpBody.formDataRecord
  "is followed by 1, 2 and 4 seconds", // Random.fixed
  "holds back for the pause to the millisecond" // Random.fixed
]

try {
  for (const file of execFileSync("git", ["ls-files", "-z"], { encoding: "utf8" }).split("\0")) {
    if (file !== "" && file !== "package-lock.json") cpSync(file, join(folder, file))
  }
  const manifest = JSON.parse(readFileSync("package.json", "utf8"))
  Object.assign(manifest.devDependencies, lowest, lowestCompanions)
  writeFileSync(join(folder, "package.json"), JSON.stringify(manifest, undefined, 2))
  // The companions' own peer ranges do not reach down to the very lowest.
  const installed = run("npm", "install", "--legacy-peer-deps", "--prefer-offline", "--ignore-scripts", "--no-audit")
  const built = installed && run("npm", "run", "build")
  const tested = built && run("npx", "vitest", "run", "-t", `^(?!.*(${later.join("|")}))`, ...process.argv.slice(2))
  process.exitCode = tested ? 0 : 1
} finally {
  rmSync(folder, { recursive: true })
}
