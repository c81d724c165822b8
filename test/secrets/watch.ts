import * as Context from "effect/Context"
import type { Mark } from "./search.js"

/** What a scenario tells of itself while everything else that comes out of it is collected. */
export class Watch extends Context.Tag("test/secrets/Watch")<
  Watch,
  {
    /** These must not come out. */
    readonly mark: (marks: ReadonlyArray<Mark>) => void
    /** This came out. */
    readonly note: (source: string, text: string) => void
  }
>() {}
