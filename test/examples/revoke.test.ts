import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

const answered = /^The account answered 200; the access token is (#[0-9a-f]{8})$/

describe("revoke", () => {
  it("ends the access token for others, and goes on with another and the same session", async () => {
    const { lines, warnings } = await succeed("revoke")
    const [first, refused, second, logins] = lines
    assert.match(first ?? "", answered)
    assert.strictEqual(refused, "Revoked: whoever still sends it gets 401")
    assert.match(second ?? "", answered)
    assert.notStrictEqual(first, second)
    assert.strictEqual(logins, "Logins in all: 1")
    assert.deepStrictEqual(warnings, [])
  })
})
