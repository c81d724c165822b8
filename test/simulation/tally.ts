/**
 * Counts what the programs have exercised.
 */
import * as Cause from "effect/Cause"
import * as Exit from "effect/Exit"
import * as Predicate from "effect/Predicate"
import type { Program } from "./program.js"
import type { Report } from "./simulation.js"

/** How often something happened, under a heading and a name: `faults met/lost response`. */
export type Tally = Readonly<Record<string, number>>

export const none: Tally = {}

export const add = (one: Tally, other: Tally): Tally => {
  const sum: Record<string, number> = { ...one }
  for (const [name, count] of Object.entries(other)) sum[name] = (sum[name] ?? 0) + count
  return sum
}

const endOf = (exit: Exit.Exit<unknown, unknown>): string => {
  if (Exit.isSuccess(exit)) return typeof exit.value === "number" ? `status ${exit.value}` : "done"
  if (Cause.isInterrupted(exit.cause)) return "interrupted"
  const error = Cause.squash(exit.cause)
  const reason = Predicate.hasProperty(error, "reason") ? ` ${String(error.reason)}` : ""
  return `${Predicate.hasProperty(error, "_tag") ? String(error._tag) : "unknown"}${reason}`
}

const several = (names: Iterable<string>): Tally => {
  const counts: Record<string, number> = {}
  for (const name of names) counts[name] = (counts[name] ?? 0) + 1
  return counts
}

/** What one run has exercised. */
export const of = ({ setup, steps }: Program, { calls, elapsed, excused, hidden, sendings }: Report): Tally => {
  const perCall = several(sendings.flatMap(({ call, kind }) => (kind === "api" && call !== undefined ? [call] : [])))
  const refusedLogins = sendings.filter(
    ({ decision, kind }) => kind === "login" && decision?.answer !== undefined && decision.answer.status >= 400
  )
  return {
    "simulated/programs": 1,
    "simulated/steps": steps.length,
    "simulated/hours": elapsed / 3_600_000,
    [`endings/${setup.ending}`]: 1,
    ...several(setup.store ? ["simulated/programs with a store"] : []),
    ...several(setup.tenants > 1 ? ["simulated/programs of several users"] : []),
    ...several(steps.map((step) => `steps/${step.do}`)),
    ...several(
      sendings.flatMap(({ decision }) => (decision?.mishap === undefined ? [] : [`faults met/${decision.mishap}`]))
    ),
    ...several(sendings.map(({ kind }) => `requests/${kind}`)),
    "requests/login, refused": refusedLogins.length,
    "requests/login, refused behind an answer that says it was not judged": hidden,
    "requests/api, sent again": Object.values(perCall).reduce((sum, count) => sum + count - 1, 0),
    "requests/with a refused credential, while a brake holds": excused,
    ...several(calls.flatMap(({ exit }) => (exit === undefined ? [] : [`calls/${endOf(exit)}`])))
  }
}

const grouped = (count: number): string => Math.round(count).toLocaleString("en-US")

/** The tally as a table, heading by heading. */
export const print = (tally: Tally): string => {
  const headings = new Map<string, Array<readonly [string, number]>>()
  for (const [key, count] of Object.entries(tally)) {
    const [heading = "", name = ""] = key.split("/")
    headings.set(heading, [...(headings.get(heading) ?? []), [name, count]])
  }
  return [...headings]
    .map(([heading, rows]) =>
      [
        heading,
        ...rows
          .sort(([, one], [, other]) => other - one)
          .map(([name, count]) => `  ${name.padEnd(68)}${grouped(count).padStart(14)}`)
      ].join("\n")
    )
    .join("\n\n")
}
