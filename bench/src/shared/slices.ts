/** Does some calls, and says how many. */
export type Slice = () => Promise<number>

export interface Cost {
  /** Microseconds of CPU per call, all threads of the process included. */
  readonly cpu: number
  /** Microseconds that passed per call. */
  readonly wall: number
}

const cpuTime = (): number => {
  const { system, user } = process.cpuUsage()
  return user + system
}

const timed = async (slice: Slice): Promise<Cost> => {
  const cpu = cpuTime()
  const wall = performance.now()
  const calls = await slice()
  return { cpu: (cpuTime() - cpu) / calls, wall: ((performance.now() - wall) * 1000) / calls }
}

/**
 * Runs the subjects in turn, a slice of some milliseconds each, so that whatever else the machine does hits all of them
 * alike; each is warmed up first.
 */
export const interleave = async (
  subjects: Readonly<Record<string, Slice>>,
  { duration, warmUp }: { readonly warmUp: number; readonly duration: number }
): Promise<Readonly<Record<string, ReadonlyArray<Cost>>>> => {
  const entries = Object.entries(subjects)
  for (const [, slice] of entries) {
    const end = performance.now() + warmUp
    while (performance.now() < end) await slice()
  }
  const costs: Record<string, Array<Cost>> = Object.fromEntries(entries.map(([name]) => [name, []]))
  const end = performance.now() + duration
  while (performance.now() < end) {
    for (const [name, slice] of entries) costs[name]?.push(await timed(slice))
  }
  return costs
}
