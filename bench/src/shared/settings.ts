/** `--quick`: about a fifth of the time, with a wider spread. */
export const quick = process.argv.includes("--quick")

/** A duration or a number of rounds, as the run is a full or a quick one. */
export const scaled = (full: number): number => (quick ? Math.max(1, Math.round(full / 6)) : full)
