import { readdirSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import { run } from "./example.js"

/** Programs that have a command of their own. */
const others = ["start.ts", "run.ts"]

const names = readdirSync(new URL("../../examples", import.meta.url))
  .filter((file) => file.endsWith(".ts") && !others.includes(file))
  .map((file) => file.slice(0, -".ts".length))

const listed = (stdout: string) => [...stdout.matchAll(/^ {2}(\S+)$/gm)].map(([, name]) => name)

describe("npm run example", () => {
  it("lists every example and fails where no name is given", async () => {
    const { code, stderr, stdout } = await run(undefined)
    assert.strictEqual(code, 1)
    assert.strictEqual(stderr, "")
    assert.sameMembers(listed(stdout), names)
  })

  it("lists every example and fails where the name is unknown", async () => {
    const { code, stderr, stdout } = await run("../src/index")
    assert.strictEqual(code, 1)
    assert.strictEqual(stderr, "")
    assert.sameMembers(listed(stdout), names)
  })
})
