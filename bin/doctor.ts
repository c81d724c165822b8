/**
 * Finds out why a program cannot call ThingSpace: configuration, reachability, token, login, account, in this order, each
 * with what it means and what to do where it fails.
 *
 *     npx effect-thingspace-auth doctor
 *     npx effect-thingspace-auth doctor --json
 *
 * It reads THINGSPACE_APP_KEY, THINGSPACE_APP_SECRET, THINGSPACE_UWS_USERNAME, THINGSPACE_UWS_PASSWORD,
 * THINGSPACE_ACCOUNT and, optional, THINGSPACE_BASE_URL, and asks that platform and no other. It stops at the first step
 * that fails, sends one login at most, and does not log out: other processes may use the same session.
 *
 * Exit codes: 0 all is well; 1 it failed itself, or was called wrongly; 2 configuration; 3 reachability; 4 access token;
 * 5 login; 6 account.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import { checkup, type Finding, steps } from "./checkup.js"
import { bold, dim, green, red, wrap, yellow } from "./terminal.js"

const margin = 17

const entry = (mark: string, step: string, ...paragraphs: ReadonlyArray<string>) => {
  const [first = "", ...more] = paragraphs
  return `${mark} ${bold(step.padEnd(margin - 2))}${[first, ...more].join(`\n${" ".repeat(margin)}`)}`
}

const paragraphs = ({ means, next, outcome, says }: Finding) => [
  ...wrap(says, margin),
  ...wrap(means, margin).map(dim),
  ...(outcome === "failed" ? wrap(`To do: ${next}`, margin).map(yellow) : [])
]

const text = (findings: ReadonlyArray<Finding>, exitCode: number) =>
  [
    ...findings.map((one) => entry(one.outcome === "passed" ? green("✓") : red("✗"), one.step, ...paragraphs(one))),
    ...Object.keys(steps)
      .slice(findings.length)
      .map((step) => entry(dim("·"), step, dim("not tried"))),
    exitCode === 0 ? "\nAll is well." : `\nExit code ${exitCode}.`
  ].join("\n")

const json = (findings: ReadonlyArray<Finding>, exitCode: number) =>
  JSON.stringify({ ok: exitCode === 0, exitCode, steps: findings }, undefined, 2)

const main = (render: typeof text) =>
  Effect.flatMap(checkup, ({ exitCode, findings }) =>
    Effect.zipRight(
      Console.log(render(findings, exitCode)),
      Effect.sync(() => {
        process.exitCode = exitCode
      })
    )
  ).pipe(Effect.provide([FetchHttpClient.layer, Logger.remove(Logger.defaultLogger)]))

export const run = (options: ReadonlyArray<string>): Promise<void> =>
  Effect.runPromise(main(options.includes("--json") ? json : text))
