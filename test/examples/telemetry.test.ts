import { assert, describe, it } from "@effect/vitest"
import { blocks } from "../docs/pages.js"
import { succeed } from "./example.js"

describe("telemetry", () => {
  it("shows a healed call as the trace that the docs show, with the renewals linked to it, and what was counted", async () => {
    const { lines, warnings } = await succeed("telemetry")
    const withoutTimes = (all: ReadonlyArray<string>) => all.map((line) => line.replace(/ +[·█]{24} +\d+\.\d ms$/, ""))
    const [drawn = ""] = blocks("docs/observability.md", "")
    const withoutDates = (all: ReadonlyArray<string>) =>
      all.map((line) => line.replace(/^(thingspace\.credential\.acquired) \d+\.?\d*/, "$1 …"))
    assert.deepStrictEqual(withoutDates(withoutTimes(lines)), [
      "The call was answered with status 200:",
      "",
      ...withoutTimes(drawn.trimEnd().split("\n")),
      "",
      "What was counted:",
      "",
      "thingspace.auth.pause 0  thingspace.endpoint=login",
      "thingspace.auth.pause 0  thingspace.endpoint=requestToken",
      "thingspace.auth.requests 2  thingspace.endpoint=login thingspace.outcome=Success",
      "thingspace.auth.requests 2  thingspace.endpoint=requestToken thingspace.outcome=Success",
      "thingspace.auth.resends 1  thingspace.credential=session",
      "thingspace.auth.resends 1  thingspace.credential=token",
      "thingspace.credential.acquired …  thingspace.credential=token",
      "thingspace.credential.acquired …  thingspace.credential=session",
      "thingspace.login.blocked 0"
    ])
    assert.deepStrictEqual(warnings, [])
  })
})
