import type { Incidents } from "./incidents.js"
import type { Outcome } from "./run.js"

/** One line of the closing table. */
export interface Row {
  readonly name: string
  readonly value: string
  /** What was promised of it, and whether that was kept. */
  readonly promise?: { readonly text: string; readonly kept: boolean }
}

const mebibyte = 2 ** 20

/** How much more the heap may hold at the end than after the first sixth of the run. */
export const heapBound = 3 * mebibyte

const whole = new Intl.NumberFormat("en-US", { maximumFractionDigits: 0 })
const tenths = new Intl.NumberFormat("en-US", { minimumFractionDigits: 1, maximumFractionDigits: 1 })

const none = (count: number) => ({ text: "none", kept: count === 0 })

/** Holds an outcome against what is promised. */
export const rows = (outcome: Outcome, incidents: Incidents): ReadonlyArray<Row> => {
  const { account, fibers, findings, resends, tally } = outcome
  const [start = 0, middle = 0, end = 0] = findings.heap
  const grown = end - start
  const struck = account.revoked + account.killed
  return [
    { name: "time", value: `${tenths.format(outcome.seconds)} s` },
    { name: "calls", value: whole.format(tally.calls) },
    { name: "calls per second", value: whole.format(tally.calls / outcome.seconds) },
    { name: "failed calls", value: whole.format(tally.failed), promise: none(tally.failed) },
    {
      name: "interrupted calls",
      value: whole.format(tally.interrupted),
      promise: { text: "some, of thousands", kept: tally.interrupted > 0 || tally.calls < 2000 }
    },
    { name: "overdue", value: whole.format(findings.overdue.length), promise: none(findings.overdue.length) },
    {
      name: "tokens revoked, sessions ended",
      value: `${account.revoked}, ${account.killed}`,
      promise: { text: "some", kept: struck > 0 }
    },
    { name: "tokens expired", value: whole.format(account.expired) },
    {
      name: "idle sessions renewed unasked",
      value: `${findings.silences} of 3`,
      promise: { text: "one in each silence", kept: findings.silences === 3 }
    },
    { name: "token requests", value: `${account.tokenRequests} for ${account.tokensIssued} tokens` },
    {
      name: "token requests without need",
      value: whole.format(account.needlessTokenRequests),
      promise: none(account.needlessTokenRequests)
    },
    { name: "logins", value: whole.format(account.logins) },
    {
      name: "logins without need",
      value: whole.format(account.needlessLogins),
      promise: none(account.needlessLogins)
    },
    { name: "logins with a dead token", value: whole.format(account.loginsWithDeadToken) },
    { name: "logins refused", value: whole.format(account.loginsRefused), promise: none(account.loginsRefused) },
    { name: "refused and sent again", value: `${resends.token} for a token, ${resends.session} for a session` },
    {
      name: "fibers alive after closing",
      value: `${fibers.after}, at most ${fibers.most} before`,
      promise: { text: `${fibers.before}, as before`, kept: fibers.after === fibers.before }
    },
    {
      name: "sockets open after closing",
      value: `${account.connections} there, ${outcome.sockets} here`,
      promise: none(account.connections + outcome.sockets)
    },
    {
      name: "unhandled rejections",
      value: whole.format(incidents.unhandled.length),
      promise: none(incidents.unhandled.length)
    },
    { name: "errors logged", value: whole.format(incidents.errors.length), promise: none(incidents.errors.length) },
    {
      name: "warnings of the process",
      value: whole.format(incidents.processWarnings.length),
      promise: none(incidents.processWarnings.length)
    },
    {
      name: "longest stall",
      value: `${whole.format(outcome.stalled)} ms here, ${whole.format(account.stalled)} ms there`
    },
    {
      name: "heap at start, middle, end",
      value: [start, middle, end].map((bytes) => `${tenths.format(bytes / mebibyte)} MiB`).join(", "),
      promise: {
        text: `grows by at most ${heapBound / mebibyte} MiB`,
        kept: findings.heap.length === 3 && grown <= heapBound
      }
    }
  ]
}
