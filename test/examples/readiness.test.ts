import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("readiness", () => {
  it("is lost with a wrong password, comes back with the right one, and costs no request", async () => {
    const { lines, warnings } = await succeed("readiness")
    assert.deepStrictEqual(lines, [
      "200: session None, login Open",
      "503: session None, login Blocked",
      "200: session Held, login Open",
      "Requests to the platform: 4"
    ])
    assert.strictEqual(warnings.length, 1)
  })
})
