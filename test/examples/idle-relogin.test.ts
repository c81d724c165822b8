import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

describe("idle-relogin", () => {
  it("logs in twice unasked, then not until the next request", async () => {
    const { lines, warnings } = await succeed("idle-relogin")
    const events = lines.map((line) => /^(\d+\.\d) s {2}(login|request)$/.exec(line)?.slice(1) ?? [line])
    assert.deepStrictEqual(
      events.map(([, event]) => event),
      ["login", "request", "login", "login", "login", "request"]
    )
    const times = events.map(([seconds]) => Number(seconds))
    const [, asked = 0, once = 0, twice = 0, askedAgain = 0] = times
    assert.isAtLeast(once - asked, 0.9)
    assert.isAtLeast(twice - once, 0.9)
    assert.isAtLeast(askedAgain, 3.5)
    assert.deepStrictEqual(warnings, [])
  })
})
