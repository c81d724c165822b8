import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("oauth-only", () => {
  it("calls twice with one token request and no login", async () => {
    const { lines, warnings } = await succeed("oauth-only")
    assert.deepStrictEqual(lines, [
      "/api/mec/eds/regions answered 200",
      "/api/mec/eds/serviceprofiles answered 200",
      "What the platform received:",
      "  POST https://5gedge.verizon.com/api/ts/v1/oauth2/token (Basic, no session)",
      "  GET https://5gedge.verizon.com/api/mec/eds/regions (Bearer, no session)",
      "  GET https://5gedge.verizon.com/api/mec/eds/serviceprofiles (Bearer, no session)"
    ])
    assert.deepStrictEqual(warnings, [])
  })
})
