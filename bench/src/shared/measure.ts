import type { Bars } from "./chart.js"

/** What is printed and written down. */
export interface Table {
  readonly title: string
  readonly columns: ReadonlyArray<string>
  readonly rows: ReadonlyArray<ReadonlyArray<string | number>>
  /** What one must know to read it. */
  readonly note?: string
}

/** What one measurement brings. */
export interface Measured {
  readonly tables: ReadonlyArray<Table>
  /** Single numbers under names of their own, which `targets.ts` compares. */
  readonly figures?: Readonly<Record<string, number>>
  readonly charts?: ReadonlyArray<Bars>
}

/** One measurement: a file of `measures/`, which runs in a process of its own. */
export interface Measure {
  readonly title: string
  readonly run: () => Promise<Measured>
}
