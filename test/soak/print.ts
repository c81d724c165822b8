import type { Incidents } from "./incidents.js"
import type { Options } from "./options.js"
import type { Outcome, Progress } from "./run.js"
import type { Row } from "./verdict.js"

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })

const terminal = process.stdout.isTTY === true

export const opening = ({ fibers, seconds, seed }: Options): void =>
  console.log(
    `Soak: ${fibers} callers for ${seconds} s over loopback, with silences and sabotage.\nRepeat its draws with --seed ${seed}\n`
  )

let calls = 0
let at = 0

/** One line that changes each second; where it cannot change, one every five seconds. */
export const progress = ({ account, resends, seconds, tally }: Progress): void => {
  const rate = (tally.calls - calls) / Math.max(seconds - at, 0.001)
  calls = tally.calls
  at = seconds
  const line = [
    `${whole.format(seconds).padStart(4)} s`,
    `${whole.format(tally.calls).padStart(7)} calls`,
    `${whole.format(rate).padStart(5)}/s`,
    `${whole.format(tally.failed)} failed`,
    `${account?.tokenRequests ?? 0} token requests`,
    `${account?.logins ?? 0} logins`,
    `${whole.format(resends)} resends`,
    `heap ${whole.format(process.memoryUsage().heapUsed / 2 ** 20)} MiB`
  ].join("  ")
  if (terminal) process.stdout.write(`\r${line}\u001b[K`)
  else if (Math.round(seconds) % 5 === 0 && seconds > 1) console.log(line)
}

const summary = (outcome: Outcome, broken: ReadonlyArray<Row>): string => {
  const { account, resends, tally } = outcome
  const what = `${whole.format(tally.calls)} calls, ${tally.failed} failed, through ${account.revoked} revocations, ${account.expired} expiries, ${account.killed} ended sessions and ${outcome.findings.silences} silences; ${account.tokenRequests} token requests, ${account.logins} logins, ${whole.format(resends.token + resends.session)} resends`
  return broken.length === 0 ? `Proven: ${what}.` : `BROKEN (${broken.map(({ name }) => name).join(", ")}): ${what}.`
}

/** What was injected in the last seconds before a call failed. */
const before = (outcome: Outcome, from: number, to: number): string =>
  outcome.strikes
    .filter(({ at }) => at > from - 2000 && at < to)
    .map(({ at, kind }) => `${kind} struck ${at - from} ms after its start`)
    .join(", ")

const failures = (outcome: Outcome): ReadonlyArray<string> =>
  outcome.tally.failures
    .slice(0, 20)
    .map(
      ({ call, endedAt, reason, startedAt }) =>
        `call ${call}, ${endedAt - startedAt} ms: ${reason} (${before(outcome, startedAt, endedAt)})`
    )

export const closing = (table: ReadonlyArray<Row>, outcome: Outcome, incidents: Incidents): void => {
  const width = Math.max(...table.map(({ name }) => name.length)) + 2
  const values = Math.max(...table.map(({ value }) => value.length)) + 2
  if (terminal) process.stdout.write("\n")
  console.log("")
  for (const { name, promise, value } of table) {
    const judged = promise === undefined ? "" : `${promise.kept ? "kept  " : "BROKEN"}  (${promise.text})`
    console.log(`  ${name.padEnd(width)}${value.padEnd(values)}${judged}`.trimEnd())
  }
  const reasons = [
    ...failures(outcome),
    ...outcome.findings.overdue,
    ...incidents.unhandled,
    ...incidents.errors,
    ...incidents.processWarnings
  ]
  if (reasons.length > 0) console.log(`\n${reasons.map((reason) => `  ${reason}`).join("\n")}`)
  console.log(
    `\n${summary(
      outcome,
      table.filter(({ promise }) => promise?.kept === false)
    )}`
  )
}
