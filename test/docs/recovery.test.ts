import { assert, describe, it } from "@effect/vitest"
import { svg } from "../recovery/chart.js"
import { rows as measured } from "../recovery/measured.js"
import { read, rows } from "./pages.js"

const page = "docs/recovery.md"
const text = read(page).replaceAll(/\s+/g, " ")

describe("docs/recovery.md", () => {
  it("shows what the tests measured, in its chart and its table", () => {
    assert.include(text, "](pictures/recovery.svg)")
    assert.strictEqual(read("docs/pictures/recovery.svg"), svg(measured))
    const [, ...shown] = rows(page, "How soon")
    assert.deepStrictEqual(
      shown.map(([trouble, after, bound]) => [trouble, Number(after), Number(bound)]),
      measured.map(({ after, bound, trouble }) => [trouble, after, bound])
    )
  })

  it("gives the pauses that the code has", () => {
    const record = read("src/internal/login/record.ts")
    assert.match(record, /const affordable = 4\n/)
    assert.match(record, /\[2_000, 30_000, 300_000\]/)
    assert.match(record, /Duration\.minutes\(30\)/)
    assert.match(record, /const longestPause = 30_000\n/)
    assert.include(text, "2 seconds, 30 seconds, 5 minutes after the first, second, third strike")
    const token = read("src/internal/endpoint/tokenPause.ts")
    assert.match(token, /const longestRefused = .*minutes\(1\)\)\n/)
    assert.match(token, /const longestTrouble = .*seconds\(30\)\)\n/)
    assert.match(token, /const betweenReads = .*seconds\(1\)\)\n/)
    assert.include(text, "1, 2, 4 … 60 seconds for the same pair")
    const renewals = read("src/internal/client/renewalBackoff.ts")
    assert.match(renewals, /const shortest = 250\nconst longest = 60_000\nconst mostUnhealed = 3\n/)
    assert.include(text, "0.25, 0.5, 1 … 60 seconds")
    assert.include(text, "three unhealed renewals a minute")
    assert.match(read("src/internal/endpoint/pause.ts"), /longestRetryAfter = .*minutes\(5\)\)\n/)
    assert.match(read("src/internal/endpoint/lateAnswer.ts"), /const listening = Duration\.minutes\(2\)\n/)
    assert.include(text, "listened to for two minutes more")
  })
})
