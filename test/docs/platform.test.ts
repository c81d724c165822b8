import { assert, describe, it } from "@effect/vitest"
import { Rejection, ThingSpaceConfig } from "effect-thingspace-auth"
import { codes, read, rows } from "./pages.js"

const page = "docs/platform.md"
const marks = [...read(page).matchAll(/^- \*\*(\w+)\*\*:/gm)].map(([, mark = ""]) => mark)

const facts = ["The access token", "The session", "Products and hosts"].flatMap((heading) =>
  rows(page, heading).slice(1)
)
const refusals = rows(page, "Refusals").slice(1)

const sources = rows(page)
  .slice(1)
  .filter((row) => row.length === 2)
  .flatMap(([names = ""]) => names.split(", "))

describe("docs/platform.md", () => {
  it("marks every fact, and names the source of each that is not unknown", () => {
    assert.deepStrictEqual(marks, ["documented", "reported", "inferred", "unknown"])
    assert.isAbove(facts.length, 25)
    for (const [fact, mark = "", source = ""] of [...facts, ...refusals.map((row) => [row[0], row[4], row[5]])]) {
      assert.include(marks, mark, fact)
      const named = source === "" ? [] : source.split(", ")
      if (mark === "documented" || mark === "reported") assert.isAbove(named.length, 0, fact)
      assert.includeMembers([...sources], named, fact)
    }
  })

  it.each(refusals)("%s, status %s: %s", (_, status, body = "", verdict) => {
    assert.strictEqual(Rejection.classify(Number(status), codes(body)[0] ?? ""), verdict)
  })

  it("names the origins that receive credentials by default", () => {
    const text = read(page)
    const [, ...others] = ThingSpaceConfig.ThingSpaceConfig.defaultValue().origins.keys()
    for (const origin of others) assert.include(text, `\`${origin}\``)
  })
})
