import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("device-location", () => {
  it("says where one device is and why the other is not found", async () => {
    const { lines, warnings } = await succeed("device-location")
    assert.deepStrictEqual(lines, [
      "7892345678 is at 33.45324, -84.59621, within 5571 m",
      "7897654321 was not found: POSITION METHOD FAILURE, Exception code=ABSENT SUBSCRIBER"
    ])
    assert.deepStrictEqual(warnings, [])
  })
})
