// The example's own tests.
import "../../examples/testing-your-code.js"
import { assert, describe, it } from "@effect/vitest"
import { run } from "./example.js"

describe("testing-your-code", () => {
  it("is run by Vitest when it is asked for by name", { timeout: 120_000 }, async () => {
    const { code, stderr, stdout } = await run("testing-your-code")
    assert.strictEqual(stderr, "")
    assert.strictEqual(code, 0)
    assert.match(stdout, /Tests +7 passed \(7\)/)
  })
})
