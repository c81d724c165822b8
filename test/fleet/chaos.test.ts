import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as chaos from "./chaos.js"

describe("live pipelines through stalls, rollbacks, lost answers, restarts and changes of password", () => {
  it.live(
    "never have five logins in a row refused within half an hour, lost ones counted",
    () =>
      Effect.forEach(chaos.rounds(8, 7), (events) =>
        Effect.map(chaos.round(events), ({ isLocked, worst }) => {
          assert.isAtMost(worst, 4, JSON.stringify(events))
          assert.isFalse(isLocked)
        })
      ),
    120_000
  )
})
