import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("typed-products", () => {
  it("streams the devices of every page, through a 429, a 503 and a dead session, with a typed refusal at the end", async () => {
    const { lines, warnings } = await succeed("typed-products")
    assert.deepStrictEqual(lines, [
      "0000123456-00001 is Emulated Organization",
      "7892345678 is at 33.45324, -84.59621",
      "7897654321 was not found: Exception code=ABSENT SUBSCRIBER",
      "7891000003 is at 33.45324, -84.59621",
      "7891000004 is at 33.45324, -84.59621",
      "7891000005 is at 33.45324, -84.59621",
      "Refused: UnifiedWebService.REQUEST_FAILED.AccountName",
      "What the platform answered:",
      "  /devices/actions/list 429, 400, 202, 202, 200",
      "  /locations 503, 200, 200",
      "  /session/login 200, 200"
    ])
    assert.strictEqual(warnings.length, 1)
    assert.match(warnings[0] ?? "", /The platform refused session #[0-9a-f]{8}/)
  })
})
