import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import * as secretText from "../../src/internal/secrets/secretText.js"
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

  it("says nothing of a cut where what it would leave out is part of a secret", () => {
    const secret = "0123456789abcdef".repeat(longest / 10)
    assert.strictEqual(secretText.printable(`Bad ${secret}`, [secret]), "Bad <redacted>")
  })

  it.each(["abc/def", "A B C / D E F", "'abc/\\\ndef'", "ABC/éDEF"])(
    "replaces a secret that stands in the open: %s",
    (shown) => {
      assert.strictEqual(
        secretText.printable(`No ${shown}, nor x.`, ["abc/DEF"]).replaceAll("'", ""),
        "No <redacted>, nor x."
      )
    }
  )

  it("replaces each of several", () => {
    const [one, other] = ["0123456789abcdef", "fedcba9876543210"]
    assert.strictEqual(
      secretText.printable(`No ${one} with (${other}${one}).`, [one, other]),
      "No <redacted> with (<redacted><redacted>)."
    )
  })

  it("hides a text in which twelve characters of a secret stand in a row, and shows it where they are fewer", () => {
    const secret = "0123456789abcdef"
    assert.strictEqual(secretText.printable(`No ${secret.slice(0, 12)}`, [secret]), "<redacted>")
    assert.strictEqual(secretText.printable(`No ${secret.slice(0, 11)}`, [secret]), `No ${secret.slice(0, 11)}`)
  })

  const marks = { long: "Zq7\"Lw8&x2/Vn9\\<Rt4>%Hb6'é=Jc1", short: 'k&é0"9', Cyrillic: "па роль", Latin: "éèêàùî" }
  const base64 = (text: string) => btoa(String.fromCharCode(...new TextEncoder().encode(text)))
  const writings: Readonly<Record<string, (secret: string) => string>> = {
    ...secrecy.writings,
    "in base64, at the start of a triple": (secret) => base64(`${secret}, and more`),
    "in base64, one byte into a triple": (secret) => base64(`x${secret}, and more`),
    "in base64, two bytes into a triple": (secret) => base64(`xy${secret}, and more`)
  }
  const written = Object.entries(marks).flatMap(([kind, secret]) =>
    Object.entries(writings).map(([writing, write]) => [kind, writing, secret, write(secret)] as const)
  )
  it.each(written)("hides a %s secret %s", (_, __, secret, text) => {
    const printed = secretText.printable(`Unknown: ${text}.`, ["other", secret])
    assert.include(["<redacted>", "Unknown: <redacted>."], printed)
  })

  it("hides a secret of which an unescaping server says what it read", () => {
    assert.strictEqual(secretText.printable("No a b/c", ["a+b%2Fc"]), "No <redacted>")
  })

  it.each(["%25", "&amp;", "\\\\", "QUJD", "0a", " ", "é"])("takes %j for as long as a body can be", (piece) => {
    const text = piece.repeat((64 * 1024) / piece.length)
    assert.isAtMost(secretText.printable(text, ["0123456789abcdef", "secret"]).length, longest + 1)
  })

  it("takes a secret for as long as a body can be", () => {
    const secret = Array.from({ length: 8 * 1024 }, (_, index) => index.toString(36)).join("%25")
    assert.strictEqual(secretText.printable(`No ${secret.slice(500, 700)}`, [secret]), "<redacted>")
    assert.strictEqual(secretText.printable(secret, [secret]), "<redacted>")
    const whole = secret.slice(0, 4000)
    assert.strictEqual(secretText.printable(`No ${whole}.`, [whole]), "No <redacted>.")
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
