import { assert, describe, it } from "@effect/vitest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { AccessToken, fingerprint } from "../src/AccessToken.js"
import * as secrecy from "./utils/secrecy.js"

const of = (secret: string, expiresAt: number | undefined = 0) =>
  new AccessToken({
    secret: Redacted.make(secret),
    expiresAt: Option.map(Option.fromNullable(expiresAt), DateTime.unsafeMake)
  })

describe("AccessToken", () => {
  it("prints no secret", () => {
    secrecy.assertSecret(of("a secret+token"), ["a secret+token"])
    secrecy.assertSecret({ nested: [of("a secret+token")] }, ["a secret+token"])
  })

  it("equals another with the same secret and expiry", () => {
    assert.isTrue(Equal.equals(of("a"), of("a")))
    assert.isFalse(Equal.equals(of("a"), of("b")))
    assert.isFalse(Equal.equals(of("a", 1), of("a", 2)))
  })

  it.effect.each([0, 1_700_000_000_123, undefined])("survives being stored, with expiry %s", (expiresAt) =>
    Effect.gen(function* () {
      const stored = yield* Schema.encode(Schema.parseJson(AccessToken))(of("a", expiresAt))
      assert.isTrue(Equal.equals(yield* Schema.decode(Schema.parseJson(AccessToken))(stored), of("a", expiresAt)))
    })
  )
})

describe("fingerprint", () => {
  it("is short, and the same for the same secret only", () => {
    assert.match(fingerprint(of("a")), /^#[0-9a-f]{8}$/)
    assert.strictEqual(fingerprint(of("a", 1)), fingerprint(of("a", 2)))
    assert.notStrictEqual(fingerprint(of("a")), fingerprint(of("b")))
  })
})
