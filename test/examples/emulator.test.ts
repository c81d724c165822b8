import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { endpoints } from "effect-thingspace-auth/ThingSpaceEmulator"
import { freePort } from "../../examples/internal/freePort.js"

const root = fileURLToPath(new URL("../..", import.meta.url))

describe("npm run emulator", () => {
  it("prints what it serves, masks what it logs, and takes orders", async () => {
    const port = await Effect.runPromise(freePort)
    const child = spawn(process.execPath, ["--import", "tsx", "bin/main.ts", "emulator"], {
      cwd: root,
      env: { PATH: process.env.PATH, PORT: String(port) },
      stdio: ["ignore", "pipe", "inherit"]
    })
    const printed: Array<string> = []
    const until = (text: string) =>
      new Promise<string>((resolve) => {
        const look = () => {
          if (printed.join("").includes(text)) resolve(printed.join(""))
        }
        child.stdout.on("data", look)
        look()
      })
    child.stdout.setEncoding("utf8").on("data", (chunk: string) => printed.push(chunk))
    try {
      const introduction = await until("Ctrl-C ends the emulator")
      for (const { credentials, method, path, source, summary } of endpoints) {
        const row = introduction.split("\n").find((line) => line.trim().startsWith(`${method} ${path} `)) ?? ""
        assert.include(row, summary)
        assert.include(row, credentials)
        assert.strictEqual(row.includes("(invented)"), source === "invented", row)
      }
      const base = `http://localhost:${port}`
      await fetch(`${base}/api/m2m/v1/echo`, { headers: { authorization: "horse-battery staple-correct" } })
      const log = await until("/api/m2m/v1/echo 404")
      assert.include(log, "authorization: hors…")
      assert.notInclude(log, "battery")
      assert.notInclude(log, "staple")
      const revoked = await fetch(`${base}/emulator/token/revoke`, { method: "POST" })
      assert.strictEqual(revoked.status, 204)
    } finally {
      child.kill("SIGINT")
    }
  })
})
