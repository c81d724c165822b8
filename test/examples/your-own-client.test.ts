import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

const account = "  sends GET https://thingspace.verizon.com/api/m2m/v1/accounts/0000123456-00001"
const login = "  sends POST https://thingspace.verizon.com/api/m2m/v1/session/login"

describe("your-own-client", () => {
  it("logs every request beneath the middleware, and retries and follows redirects above it", async () => {
    const { lines, warnings } = await succeed("your-own-client")
    assert.deepStrictEqual(lines, [
      "A first call:",
      "  sends POST https://thingspace.verizon.com/api/ts/v1/oauth2/token",
      login,
      account,
      "The platform is unwell for a moment, and the session is over:",
      account,
      account,
      login,
      account,
      "  status 200",
      "A redirect to another host:",
      account,
      "  InvalidUrl: this origin may not receive credentials (GET https://example.com/)"
    ])
    assert.strictEqual(warnings.length, 1)
    assert.match(warnings[0] ?? "", /The platform refused session #[0-9a-f]{8}/)
  })
})
