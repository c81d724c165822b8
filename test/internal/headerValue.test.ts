import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as headerValue from "../../src/internal/secrets/headerValue.js"

describe("isHeaderValue", () => {
  const cases: ReadonlyArray<readonly [text: string, carried: boolean]> = [
    ["", false],
    [" ", false],
    ["a", true],
    ["a b", true],
    [" a", false],
    ["a ", false],
    ["\u001f", false],
    ["!", true],
    ["~", true],
    ["a\u007fb", false],
    ["a\u0080b", false],
    ["a\u009fb", false],
    ["a\u00a0b", true],
    ["ÿ", true],
    ["Ā", false],
    ["a\rb", false],
    ["a\nb", false],
    ["a\tb", false],
    ["𝄞", false]
  ]
  it.each(cases)("of %j is %s", (text, carried) => {
    assert.strictEqual(headerValue.isHeaderValue(text), carried)
  })

  it.prop("agrees with what fetch sends unchanged", [Schema.String], ([text]) => {
    if (headerValue.isHeaderValue(text)) assert.strictEqual(new Headers({ x: text }).get("x"), text)
  })
})
