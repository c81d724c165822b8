import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { mutations } from "./mutations.js"

describe("The deliberate bugs", () => {
  it.each(mutations)("$name: has one place in $file", ({ file, find, replace }) => {
    const source = readFileSync(new URL(`../../${file}`, import.meta.url), "utf8")
    expect(source.split(find)).toHaveLength(2)
    expect(source.replace(find, () => replace)).not.toBe(source)
  })

  it("have names that tell them apart", () => {
    const names = mutations.map(({ name }) => name)
    expect(new Set(names).size).toBe(names.length)
  })
})
