/**
 * Proves that the soak program runs, in small, and tells promises kept from options misunderstood.
 */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"

const root = fileURLToPath(new URL("../..", import.meta.url))

/** Runs the soak program as npm does, piped. */
const soak = (...args: ReadonlyArray<string>) =>
  new Promise<{ readonly code: number | null; readonly stdout: string; readonly stderr: string }>((resolve, reject) => {
    const child = spawn(process.execPath, ["--import", "tsx", "test/soak/soak.ts", ...args], {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"]
    })
    const output = { stdout: "", stderr: "" }
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
      output.stdout += chunk
    })
    child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
      output.stderr += chunk
    })
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, ...output }))
  })

/** The lines of the closing table that hold a promise. */
const promises = [
  "failed calls",
  "interrupted calls",
  "overdue",
  "tokens revoked, sessions ended",
  "idle sessions renewed unasked",
  "token requests without need",
  "logins without need",
  "logins refused",
  "fibers alive after closing",
  "sockets open after closing",
  "unhandled rejections",
  "errors logged",
  "warnings of the process",
  "heap at start, middle, end"
]

describe.concurrent("the soak program", () => {
  it("keeps every promise in a few seconds with a few callers, and says so", { timeout: 120_000 }, async () => {
    const { code, stderr, stdout } = await soak("--seconds", "3", "--fibers", "40", "--seed", "1")
    const lines = stdout.trimEnd().split("\n")
    assert.strictEqual(stderr, "", stdout)
    assert.strictEqual(code, 0, stdout)
    for (const promise of promises) {
      assert.match(lines.find((line) => line.startsWith(`  ${promise} `)) ?? promise, / kept {2,}\(/)
    }
    assert.match(
      lines.at(-1) ?? "",
      /^Proven: [\d,]+ calls, 0 failed, through \d+ revocations, \d+ expiries, \d+ ended sessions and 3 silences; \d+ token requests, \d+ logins, [\d,]+ resends\.$/
    )
  })

  it("says what it takes where it is asked for something else", async () => {
    const { code, stderr } = await soak("--fibers", "none")
    assert.strictEqual(code, 2)
    assert.include(stderr, "--fibers:")
    assert.include(stderr, "Usage: npm run soak")
  })
})
