import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("cron", () => {
  it("asks for credentials in the first run alone, and sends a wrong password once", async () => {
    const { lines, warnings } = await succeed("cron")
    assert.deepStrictEqual(lines, [
      "status 200 after token, login, 0000123456-00001",
      "status 200 after 0000123456-00001",
      "UnifiedWebService.INPUT_INVALID.Password.Invalid after login",
      "LoginBlocked after no request"
    ])
    assert.strictEqual(warnings.length, 1)
    assert.include(warnings[0], "The platform refused the username or password")
  })
})
