import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("http-api-client", () => {
  it("calls two endpoints by name, and shows a refusal as the error that the API declares", async () => {
    const { lines, warnings } = await succeed("http-api-client")
    assert.deepStrictEqual(lines, [
      "0000123456-00001 is Emulated Organization",
      "7892345678 is at 33.45324, -84.59621",
      "Refused: UnifiedWebService.REQUEST_FAILED.AccountName"
    ])
    assert.deepStrictEqual(warnings, [])
  })
})
