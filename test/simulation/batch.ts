/**
 * Runs the programs of one seed, and shrinks the first that breaks a promise.
 */
import * as FastCheck from "effect/FastCheck"
import { arbitrary, type Program, print } from "./program.js"
import { regressions, shortest } from "./regressions.js"
import { run } from "./simulation.js"
import * as Tally from "./tally.js"

/** How many programs one seed stands for. */
export const size = 100

export interface Batch {
  readonly seed: number
  readonly tally: Tally.Tally
  readonly violation: Violation | undefined
}

/** The smallest program that was found to break a promise. */
export interface Violation {
  readonly promises: ReadonlyArray<string>
  readonly program: string
  readonly story: ReadonlyArray<string>
}

/** A program of a seed that breaks promises, as it was drawn. */
export interface Finding {
  readonly seed: number
  /** Which of the seed's programs. */
  readonly index: number
  readonly promises: ReadonlyArray<string>
}

let unhandled: ReadonlyArray<unknown> = []
process.on("unhandledRejection", (reason) => {
  unhandled = [...unhandled, reason]
})

/** Errors are made by the thousand, and their stacks are read. */
const frames = 4

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))

/** What it returns lets stacks be as long as before. */
const withFewFrames = (): (() => void) => {
  const { stackTraceLimit } = Error
  Error.stackTraceLimit = frames
  return () => {
    Error.stackTraceLimit = stackTraceLimit
  }
}

/** The programs that a seed stands for. */
export const programsOf = (seed: number): ReadonlyArray<Program> => FastCheck.sample(arbitrary, { seed, numRuns: size })

/** Runs all programs of a seed, whatever they do, and says which of them break a promise. */
export const survey = async (seed: number): Promise<ReadonlyArray<Finding>> => {
  const findings: Array<Finding> = []
  const restore = withFewFrames()
  for (const [index, program] of programsOf(seed).entries()) {
    unhandled = []
    const { violations } = await run(program)
    await turn()
    const promises = [...violations, ...unhandled.map((reason) => `unhandled rejection: ${String(reason)}`)]
    if (promises.length > 0) findings.push({ seed, index, promises })
  }
  restore()
  return findings
}

/**
 * Runs the programs of a seed; if one does wrong, looks for the smallest that does. Where any will do, those that have
 * done wrong before come first.
 */
export const runBatch = async (seed: number, anyWillDo = false): Promise<Batch> => {
  let tally = Tally.none
  const held = FastCheck.asyncProperty(arbitrary, async (program) => {
    unhandled = []
    const report = await run(program)
    // Where a rejection has no handler, Node says so in its next turn.
    await turn()
    if (report.violations.length > 0 || unhandled.length > 0) return false
    tally = Tally.add(tally, Tally.of(program, report))
    return true
  })
  const restore = withFewFrames()
  const { counterexample } = await FastCheck.check(held, {
    seed,
    numRuns: size,
    endOnFailure: anyWillDo,
    examples: anyWillDo ? [...shortest, ...regressions.map(({ program }) => program)].map((program) => [program]) : []
  }).finally(restore)
  if (counterexample === null) return { seed, tally, violation: undefined }
  const [program] = counterexample
  const story: Array<string> = []
  const { violations } = await run(program, (line) => {
    story.push(line())
  })
  const promises =
    violations.length > 0 ? violations : unhandled.map((reason) => `unhandled rejection: ${String(reason)}`)
  return { seed, tally, violation: { promises, program: print(program), story } }
}
