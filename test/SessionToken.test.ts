import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { fingerprint, SessionToken } from "../src/SessionToken.js"
import * as secrecy from "./utils/secrecy.js"

const of = (secret: string) => new SessionToken({ secret: Redacted.make(secret) })

describe("SessionToken", () => {
  it("prints no secret", () => {
    secrecy.assertSecret(of("bcce3ea6-fe4f"), ["bcce3ea6-fe4f"])
    secrecy.assertSecret({ nested: [of("bcce3ea6-fe4f")] }, ["bcce3ea6-fe4f"])
  })

  it("equals another with the same secret", () => {
    assert.isTrue(Equal.equals(of("a"), of("a")))
    assert.isFalse(Equal.equals(of("a"), of("b")))
  })

  it.effect("survives being stored", () =>
    Effect.gen(function* () {
      const stored = yield* Schema.encode(Schema.parseJson(SessionToken))(of("a"))
      assert.isTrue(Equal.equals(yield* Schema.decode(Schema.parseJson(SessionToken))(stored), of("a")))
    })
  )
})

describe("fingerprint", () => {
  it("is short, and the same for the same secret only", () => {
    assert.match(fingerprint(of("a")), /^#[0-9a-f]{8}$/)
    assert.strictEqual(fingerprint(of("a")), fingerprint(of("a")))
    assert.notStrictEqual(fingerprint(of("a")), fingerprint(of("b")))
  })
})
