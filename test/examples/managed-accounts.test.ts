import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("managed-accounts", () => {
  it("serves accounts with one token and a session each, and keeps one's wrong password from the others", async () => {
    const { lines, warnings } = await succeed("managed-accounts")
    assert.deepStrictEqual(lines, [
      "harbour: answered 200",
      "orchard: answered 200",
      "quarry: refused with UnifiedWebService.INPUT_INVALID.Password.Invalid",
      "harbour: answered 200",
      "orchard: answered 200",
      "quarry: not sent: the password was refused before",
      "stranger: stranger is no customer",
      "Token requests: 1, logins: 3"
    ])
    assert.strictEqual(warnings.length, 1)
  })
})
