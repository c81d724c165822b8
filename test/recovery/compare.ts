import { assert } from "@effect/vitest"
import { rows } from "./measured.js"

/** Pauses are jittered by a quarter, and real sockets take their time. */
const tolerance = (seconds: number): number => 1 + seconds / 2

/** Compares a measurement with what is promised, and with what the documentation shows. */
export const compare = (trouble: string, seconds: number): void => {
  const row = rows.find((one) => one.trouble === trouble)
  assert.isDefined(row, `measured.json has no "${trouble}"`)
  assert.isAtMost(seconds, row.bound, `${trouble}: longer than promised`)
  assert.closeTo(seconds, row.after, tolerance(row.after), `${trouble}: not as documented`)
}
