import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("rotate-credentials", () => {
  it("sends a wrong password once, and logs in when the vault holds another", async () => {
    const { lines, warnings } = await succeed("rotate-credentials")
    assert.strictEqual(lines.length, 3)
    assert.match(lines[0] ?? "", /^After 1 login\(s\): login was refused with \S+\.Password\.Invalid \(status 400\)/)
    assert.match(
      lines[1] ?? "",
      /^After 1 login\(s\): No login was sent: the platform refused the username or password/
    )
    assert.strictEqual(lines[2], "After 2 login(s): status 200")
    assert.strictEqual(warnings.length, 1)
    assert.include(warnings[0], "The platform refused the username or password")
    assert.notInclude([...lines, ...warnings].join("\n"), "last-quarters-password")
  })
})
