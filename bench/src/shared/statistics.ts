/** What is left of many slices: on a shared machine the minimum moves least, and the spread says how far to trust. */
export interface Summary {
  readonly min: number
  readonly p20: number
  readonly median: number
  /** The middle half of all slices. */
  readonly from: number
  readonly to: number
}

export const quantile = (values: ReadonlyArray<number>, share: number): number => {
  const sorted = [...values].sort((a, b) => a - b)
  return sorted[Math.floor(share * (sorted.length - 1))] ?? Number.NaN
}

export const summarize = (values: ReadonlyArray<number>): Summary => ({
  min: quantile(values, 0),
  p20: quantile(values, 0.2),
  median: quantile(values, 0.5),
  from: quantile(values, 0.25),
  to: quantile(values, 0.75)
})

/** With as many digits as mean something. */
export const round = (value: number, digits = 2): number => {
  const factor = 10 ** digits
  return Math.round(value * factor) / factor
}
