import { inspect } from "node:util"
import { assert } from "@effect/vitest"
import * as Cause from "effect/Cause"
import * as Encoding from "effect/Encoding"

const formEncode = (text: string): string => new URLSearchParams([["", text]]).toString().slice(1)

/** A secret in every form in which it travels, or in which something could print it. */
export const forms = (secret: string): ReadonlyArray<string> => [
  secret,
  formEncode(secret),
  encodeURIComponent(secret),
  Encoding.encodeBase64(secret),
  JSON.stringify(secret).slice(1, -1)
]

/** Key and secret as the Basic scheme writes them. */
export const basic = (key: string, secret: string): string =>
  Encoding.encodeBase64(`${formEncode(key)}:${formEncode(secret)}`)

/** Everything that a logger, a terminal or a debugger could print of a value. */
export const renderings = (value: unknown): ReadonlyArray<string> => [
  String(value),
  JSON.stringify(value) ?? "",
  inspect(value, { depth: 12, showHidden: true }),
  Cause.pretty(Cause.fail(value)),
  JSON.stringify(Cause.fail(value)),
  value instanceof Error ? `${value.message}${value.stack}` : ""
]

export const assertSecret = (value: unknown, secrets: ReadonlyArray<string>): void => {
  for (const rendering of renderings(value)) {
    for (const form of secrets.flatMap(forms)) assert.notInclude(rendering, form)
  }
}
