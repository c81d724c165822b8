import { assert, describe, it } from "@effect/vitest"
import { succeed } from "./example.js"

const healed = ["The platform refused access token", "The platform refused session"]

const program = (name: string, says: string, then: ReadonlyArray<string> = []) =>
  it(`${name} reads, and heals a revoked token and an ended session with one renewal each`, async () => {
    const { lines, warnings } = await succeed(name)
    assert.deepStrictEqual(lines, [
      `${says}; token requests: 1, logins: 1`,
      `${says}; token requests: 2, logins: 2`,
      ...then
    ])
    assert.lengthOf(warnings, 2)
    for (const [index, text] of healed.entries()) assert.include(warnings[index], text)
  })

describe("a client that takes a fetch", () => {
  program("openapi-fetch", "200 Emulated Organization")
  program("axios", "200 5 devices", [
    "ERR_NETWORK, because of: InvalidUrl: this origin may not receive credentials (GET https://elsewhere.example/)"
  ])
  program("generated-sdk", "200 Emulated Organization")
})
