import { assert, describe, it } from "@effect/vitest"
import { run, succeed } from "./example.js"

describe("quickstart", () => {
  it("reads an account of the emulator, and says so, where nothing is configured", async () => {
    const { lines, warnings } = await succeed("quickstart")
    assert.strictEqual(lines.length, 2)
    assert.match(
      lines[0] ?? "",
      /^THINGSPACE_APP_KEY is not set: this runs against the emulator at http:\/\/127\.0\.0\.1:\d+$/
    )
    assert.strictEqual(lines[1], "0000123456-00001 is Emulated Organization, with Verizon Wireless")
    assert.deepStrictEqual(warnings, [])
  })

  it("names the variables that are missing where some are set, and sends nothing", async () => {
    const { code, stderr, stdout } = await run("quickstart", { THINGSPACE_APP_KEY: "a-key" })
    assert.strictEqual(code, 1)
    assert.strictEqual(stdout, "")
    for (const name of ["THINGSPACE_APP_SECRET", "THINGSPACE_UWS_USERNAME", "THINGSPACE_UWS_PASSWORD"]) {
      assert.include(stderr, name)
    }
    assert.notInclude(stderr, "a-key")
  })
})
