import { assert, describe, it } from "@effect/vitest"
import * as Encoding from "effect/Encoding"
import * as Schema from "effect/Schema"
import * as serverText from "../../src/internal/secrets/serverText.js"
import * as secrecy from "../utils/secrecy.js"

const { withheld } = serverText

/** What is not said to be shown is withheld; nothing else becomes of a text. */
type Cases = ReadonlyArray<readonly [secret: string, text: string, shown?: "shown"]>

const rows = (cases: Cases) => cases.map(([secret, text, outcome = "withheld"]) => [secret, text, outcome] as const)

const outcomeOf = (printed: string, text: string): string =>
  printed === text ? "shown" : printed === withheld ? "withheld" : printed

describe("code", () => {
  const cases: Cases = [
    ["password", "UnifiedWebService.INPUT_INVALID.Password.Invalid", "shown"],
    ["Password", "UnifiedWebService.INPUT_INVALID.Password.Invalid", "shown"],
    ["Error", "UnifiedWebService.REQUEST_FAILED.UnexpectedError", "shown"],
    ["UnexpectedError", "UnifiedWebService.REQUEST_FAILED.UnexpectedError", "shown"],
    ["REQUEST_FAILED.SessionToken", "DeviceService.REQUEST_FAILED.SessionToken.Expired", "shown"],
    ["SessionToken", "LaterService.REQUEST_FAILED.SessionToken.Revoked", "shown"],
    ["e", "LaterService.REQUEST_FAILED.SomethingElse", "shown"],
    ["DeserializationFailed", "DeserializationFailed", "shown"],
    ["client", "invalid_client", "shown"],
    ["invalid_client", "invalid_client", "shown"],
    ["temporarily", "temporarily_unavailable", "shown"],
    ["900901", "900901", "shown"],
    ["404", "404", "shown"],
    ["123456", "123456"],
    ["Locked", "UnifiedWebService.REQUEST_FAILED.User.Locked"],
    ["password1", "UnifiedWebService.INPUT_INVALID.Password1"],
    ["d7bc43e9acc31aba9654fc5cd0d8c520", "UnifiedWebService.INPUT_INVALID.d7bc43e9acc31aba"],
    ["d7bc43e9acc31aba9654fc5cd0d8c520", "900901.d7bc43e9"],
    ["d7bc43e9acc31aba9654fc5cd0d8c520", "900901.d7bc43e", "shown"]
  ]
  it.each(rows(cases))("with the secret %j has %j %s", (secret, text, outcome) => {
    assert.strictEqual(outcomeOf(serverText.code(text, [secret]), text), outcome)
  })
})

describe("sentence", () => {
  const token = "d7bc43e9acc31aba9654fc5cd0d8c520"
  const cases: Cases = [
    ["Credentials", "Invalid Credentials", "shown"],
    ["Credentials", "Missing Credentials", "shown"],
    ["Session", "The Session has expired.", "shown"],
    [
      "correct access",
      "Access failure for API: /m2m/v1, version: v1. Make sure your have given the correct access token",
      "shown"
    ],
    [
      "credentials",
      'Required OAuth credentials not provided. Make sure your API invocation call has a header: "Authorization: Basic ACCESS_TOKEN"',
      "shown"
    ],
    ["resource", "No matching resource found in the API for the given request", "shown"],
    ["grant_type", "Missing grant_type parameter value", "shown"],
    [token, `Access failure for API: /m2m/v1, version: v1. Make sure you have given the correct access token ${token}`],
    ["credentials", "Invalid credentials"],
    ["secret", "Nothing to hide: €.", "shown"],
    ["", "Nothing to hide.", "shown"],

    [token, `No ${token}.`],
    [token, `No ${token.toUpperCase()}.`],
    [token, `No (${token.slice(9, 17)}…).`],
    [token, `No (${token.slice(9, 16)}…).`, "shown"],
    [token, `No ${"x".repeat(280)}${token}`],
    ["a b&c/d=é", "No a+b%26c%2Fd%3D%C3%A9."],
    ["a b&c/d=é", "No a%20b%26c%2Fd%3D%c3%a9."],
    ['"ab\\cd"ef', 'No \\"ab\\\\cd\\"ef.'],

    ["e", "The other sentence.", "shown"],
    ["e", "The letter 'e'."],
    ["Pass-1", "Unknown: Pass-1."],
    ["Pass-1", "Unknown: pass-1."],
    ["Pass-1", "Unknown: (Pass-1)"],
    ["Pass-1", "Unknown: Pass-12.", "shown"],
    ["Pass-1", "Unknown: xPass-1.", "shown"],
    ["пароль", "Unknown: пароль."],
    ["пароль", "Unknown: пароли и пароль2.", "shown"],
    ["a&b", "Unknown: a%26b."],
    ["a.b", "Unknown: aXb.", "shown"],
    ["short", `Unknown: ${Encoding.encodeBase64("short")}.`]
  ]
  it.each(rows(cases))("with the secret %j has %j %s", (secret, text, outcome) => {
    assert.strictEqual(outcomeOf(serverText.sentence(text, ["another-secret", secret]), text), outcome)
  })

  const alignments = ["d7bc43e9acc3", "éèêàùîéè", "1234567"].flatMap((secret) =>
    ["", "x", "xy", "xyz"].map((before) => [secret, before] as const)
  )
  it.each(alignments)("withholds the secret %j in Base64 after %j", (secret, before) => {
    const text = Encoding.encodeBase64(`${before}${secret}, and more`)
    assert.strictEqual(serverText.sentence(`Basic ${text}`, [secret]), withheld)
  })

  it.prop(
    "withholds every text that holds a secret in a form in which it travels",
    [Schema.String.pipe(Schema.minLength(8)), Schema.String, Schema.String],
    ([random, before, after]) => {
      const secret = random.replace(/[^\x20-\x7e]/g, "p")
      for (const form of secrecy.forms(`k${secret}y`)) {
        assert.strictEqual(serverText.sentence(`${before.slice(0, 40)}${form}${after}`, [`k${secret}y`]), withheld)
      }
    }
  )

  it("takes a lone surrogate in a secret", () => {
    assert.strictEqual(serverText.sentence("No abcdefgh.", ["abcdefgh\ud800"]), withheld)
  })

  it("shows one line without control characters", () => {
    assert.strictEqual(serverText.sentence("a\r\n\tb\u0000\u009bc\u2028d\n", []), "a b c d")
    assert.strictEqual(serverText.sentence("\u001b[31mred\u001b[0m", []), "[31mred [0m")
  })

  it.each([299, 300])("shows %i characters whole", (length) => {
    assert.strictEqual(serverText.sentence("x".repeat(length), []), "x".repeat(length))
  })

  it("shortens what is longer", () => {
    assert.strictEqual(serverText.sentence("x".repeat(301), []), `${"x".repeat(300)}…`)
  })

  it("withholds a secret that is cut by the end of what is shown", () => {
    assert.strictEqual(serverText.sentence(`${"x".repeat(290)}d7bc43e9acc3`, ["d7bc43e9acc3"]), withheld)
  })

  it.each(["%25", "\\\\", "QUJD", " ", "é", "."])("takes %j for as long as a body can be", (piece) => {
    const text = piece.repeat((64 * 1024) / piece.length)
    assert.isAtMost(serverText.sentence(text, ["0123456789abcdef", "secret"]).length, 301)
    assert.isAtMost(serverText.code(text, ["0123456789abcdef", "secret"]).length, 301)
  })
})
