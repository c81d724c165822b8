import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
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
