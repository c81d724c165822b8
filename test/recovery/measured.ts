import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import * as Schema from "effect/Schema"

/** In seconds from the end of the trouble to the first success, or for as long as the slowest call waited. */
const Row = Schema.Struct({
  trouble: Schema.String,
  /** In version 0.1. */
  before: Schema.Number,
  after: Schema.Number,
  /** The most that is promised. */
  bound: Schema.Number
})

/** What the documentation shows. */
export const rows: ReadonlyArray<typeof Row.Type> = Schema.decodeSync(Schema.parseJson(Schema.Array(Row)))(
  readFileSync(fileURLToPath(new URL("./measured.json", import.meta.url)), "utf8")
)

/** Pauses are jittered by a quarter, and real sockets take their time. */
const tolerance = (seconds: number): number => 1 + seconds / 2

/** Compares a measurement with what is promised, and with what the documentation shows. */
export const compare = (trouble: string, seconds: number): void => {
  const row = rows.find((one) => one.trouble === trouble)
  assert.isDefined(row, `measured.json has no "${trouble}"`)
  if (process.env.RECOVERY_PRINT !== undefined) console.log(`${trouble}: ${seconds}`)
  assert.isAtMost(seconds, row.bound, `${trouble}: longer than promised`)
  assert.closeTo(seconds, row.after, tolerance(row.after), `${trouble}: not as documented`)
}
