import { assert, it } from "@effect/vitest"
import { describeWithRedis } from "../fleet/redis.js"
import { succeed } from "./example.js"

describeWithRedis("fleet", () => {
  it("logs in once for all processes, and tries a wrong password once", { timeout: 120_000 }, async () => {
    const { lines, warnings } = await succeed("fleet")
    const [wrong, ...said] = lines.slice(8, 12)
    assert.deepStrictEqual(lines.slice(0, 8), [
      "Three processes start at once: 1 token requests, 1 logins",
      "  process 1: status 200",
      "  process 2: status 200",
      "  process 3: status 200",
      "Three more, later: 0 token requests, 0 logins",
      "  process 1: status 200",
      "  process 2: status 200",
      "  process 3: status 200"
    ])
    assert.strictEqual(wrong, "Three with a wrong password: 0 token requests, 1 logins")
    assert.strictEqual(said.filter((text) => text.endsWith("LoginBlocked (Refused)")).length, 2)
    assert.strictEqual(said.filter((text) => text.endsWith("Password.Invalid")).length, 1)
    assert.strictEqual(lines[12], "Locked users: 0")
    assert.deepStrictEqual(warnings, [])
  })
})
