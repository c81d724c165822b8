/** The search finds a secret in whatever writing and treatment, and nothing where there is none. */
import { assert, describe, it } from "@effect/vitest"
import * as secrecy from "../utils/secrecy.js"
import { run, search } from "./search.js"

const secret = "S3cr3t+Zq7\"Lw8&x2/Vn9\\<Rt4>%Hb6'é=Jc1 Gv5ö€"
const marks = [{ name: "planted", secret }]

const finds = (text: string) => search([{ source: "a test", text }], marks).length > 0

describe("the search", () => {
  it.each(Object.entries(secrecy.writings))("finds a secret that is %s", (_, write) => {
    assert.isTrue(finds(`before ${write(secret)} after`))
  })

  it.each(Object.entries(secrecy.writings))("finds one that is %s and, on top of that, in JSON, twice", (_, write) => {
    assert.isTrue(finds(JSON.stringify({ nested: JSON.stringify({ text: `before ${write(secret)} after` }) })))
  })

  it.each([0, 1, 2, 3, 4, 5])("finds one in base64 of a text in which it is preceded by %i bytes", (bytes) => {
    assert.isTrue(finds(Buffer.from(`${"x".repeat(bytes)}${secret}, and more`).toString("base64")))
  })

  const treatments: Readonly<Record<string, (text: string) => string>> = {
    "in capitals": (text) => text.toUpperCase(),
    "in small letters": (text) => text.toLowerCase(),
    "broken over lines": (text) => text.replace(/.{5}/g, "$&\r\n\t"),
    "spaced out": (text) => [...text].join(" "),
    coloured: (text) => text.replace(/.{5}/g, "$&\u001b[1m"),
    "cut off behind": (text) => text.slice(0, 20),
    "cut off in front": (text) => text.slice(-20)
  }
  it.each(Object.entries(treatments))("finds one that is %s", (_, treat) => {
    assert.isTrue(finds(`before ${treat(secret)} after`))
  })

  it("finds a short secret where it is whole", () => {
    const short = [{ name: "short", secret: "a-b/c" }]
    assert.lengthOf(search([{ source: "a test", text: "xa-b%2Fcx" }], short), 1)
    assert.lengthOf(search([{ source: "a test", text: "xa-b-cx" }], short), 0)
  })

  it("finds nothing in a text without secrets, nor one that is shorter than what counts", () => {
    assert.isFalse(finds("The platform refused access token #5f0c91ab."))
    const letters = secret.replace(/[^a-z0-9]/gi, "")
    assert.isFalse(finds(`before ${letters.slice(0, run - 1)} after`))
    assert.isTrue(finds(`before ${letters.slice(0, run)} after`))
  })

  it("names the secret, its form and where it came out", () => {
    const [found] = search([{ source: "a log", text: Buffer.from(secret).toString("hex") }], marks)
    assert.strictEqual(found?.secret, "planted")
    assert.strictEqual(found?.form, "in hexadecimal")
    assert.strictEqual(found?.source, "a log")
  })

  it("ignores a mark without a text", () => {
    assert.isEmpty(search([{ source: "a test", text: "anything" }], [{ name: "none", secret: "" }]))
  })
})
