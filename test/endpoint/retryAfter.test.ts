import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import * as retryAfter from "../../src/internal/endpoint/retryAfter.js"

/** Sun, 06 Nov 1994 08:49:37 GMT */
const then = 784_111_777_000

const cases: ReadonlyArray<readonly [value: string | undefined, now: number, seconds: number | undefined]> = [
  ["30", 0, 30],
  [" 30 ", 0, 30],
  ["300", 0, 300],
  ["301", 0, 300],
  ["99999999999999999999", 0, 300],
  ["0", 0, undefined],
  ["-1", 0, undefined],
  ["1.5", 0, undefined],
  ["soon", 0, undefined],
  ["", 0, undefined],
  [undefined, 0, undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT", then - 30_000, 30],
  ["Sunday, 06-Nov-94 08:49:37 GMT", then - 30_000, 30],
  ["Sun Nov  6 08:49:37 1994", then - 30_000, 30],
  ["Sun, 06 Nov 1994 08:49:37 GMT", then - 3_600_000, 300],
  ["Sun, 06 Nov 1994 08:49:37 GMT", then, undefined],
  ["Sun, 06 Nov 1994 08:49:37 GMT", then + 1, undefined],
  ["Sun, nobody knows when", then, undefined]
]

describe("Retry-After", () => {
  it.each(cases)("%j at %i is %s seconds", (value, now, seconds) => {
    const parsed = retryAfter.parse(value, now)
    assert.strictEqual(parsed && Duration.toSeconds(parsed), seconds)
  })
})
