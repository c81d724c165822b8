import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as secretText from "../../src/internal/secretText.js"
import * as secrecy from "../utils/secrecy.js"

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
    assert.strictEqual(secretText.isHeaderValue(text), carried)
  })

  it.prop("agrees with what fetch sends unchanged", [Schema.String], ([text]) => {
    if (secretText.isHeaderValue(text)) assert.strictEqual(new Headers({ x: text }).get("x"), text)
  })
})

describe("printable", () => {
  it("leaves other text as it is", () => {
    assert.strictEqual(secretText.printable("Nothing to hide: €.", ["secret", ""]), "Nothing to hide: €.")
  })

  it("makes one line of it", () => {
    assert.strictEqual(secretText.printable("a\r\n\tb\u0000\u009bc\n", []), "a b c")
  })

  const longest = 300
  it.each([longest - 1, longest])("leaves %i characters whole", (length) => {
    assert.strictEqual(secretText.printable("x".repeat(length), []), "x".repeat(length))
  })

  it("shortens what is longer", () => {
    assert.strictEqual(secretText.printable("x".repeat(longest + 1), []), `${"x".repeat(longest)}…`)
  })

  it("hides a secret that reaches over the end", () => {
    assert.notInclude(secretText.printable(`${"x".repeat(longest - 3)}secret`, ["secret"]), "sec")
  })

  it("hides a secret in any case of its letters", () => {
    assert.strictEqual(secretText.printable("ABC%2fdef", ["abc/DEF"]), "<redacted>")
  })

  it.prop(
    "hides every secret in every form",
    [Schema.Array(Schema.String.pipe(Schema.minLength(1))), Schema.String],
    ([secrets, between]) => {
      const marks = secrets.map((secret, index) => `k${index}${secret}y${index}`)
      const text = marks.flatMap(secrecy.forms).join(between)
      const printed = secretText.printable(text, marks)
      for (const form of marks.flatMap(secrecy.forms)) assert.notInclude(printed, form)
    }
  )
})
