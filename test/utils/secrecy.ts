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

const hexOf = (text: string): string => Encoding.encodeHex(text)

const percentThroughout = (text: string): string => `%${hexOf(text).match(/../g)?.join("%") ?? ""}`

/** The part of a longer text's base64 that the secret alone determines, where it begins so many bytes into a triple. */
const base64Within = (secret: string, offset: number): string => {
  const length = new TextEncoder().encode(secret).length
  const encoded = Encoding.encodeBase64("\0".repeat(offset) + secret)
  return encoded.slice(Math.ceil((offset * 8) / 6), Math.floor(((offset + length) * 8) / 6))
}

const asciiJson = (text: string): string =>
  JSON.stringify(text)
    .slice(1, -1)
    .replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;"
}

const numbered = (text: string, number: (point: number) => string): string =>
  Array.from(text, (character) => (/[\w -]/.test(character) ? character : number(character.codePointAt(0) ?? 0))).join(
    ""
  )

/** How layers between a program and its logs, and between the platform and its answers, write a text. */
export const writings = {
  verbatim: (secret: string) => secret,
  "form-encoded": formEncode,
  "percent-encoded": encodeURIComponent,
  "percent-encoded twice": (secret: string) => encodeURIComponent(encodeURIComponent(secret)),
  "in hexadecimal": hexOf,
  "percent-encoded throughout": percentThroughout,
  "in base64": Encoding.encodeBase64,
  "in base64 for URLs": Encoding.encodeBase64Url,
  "in base64, at the start of a triple": (secret: string) => base64Within(secret, 0),
  "in base64, one byte into a triple": (secret: string) => base64Within(secret, 1),
  "in base64, two bytes into a triple": (secret: string) => base64Within(secret, 2),
  "in JSON": (secret: string) => JSON.stringify(secret).slice(1, -1),
  "in JSON of ASCII alone": asciiJson,
  "in JSON in JSON": (secret: string) => JSON.stringify(JSON.stringify(secret)).slice(3, -3),
  "as a JavaScript literal": (secret: string) => inspect(secret).slice(1, -1),
  "in HTML": (secret: string) => secret.replace(/[&<>"']/g, (character) => entities[character] ?? character),
  "in HTML, by numbers": (secret: string) => numbered(secret, (point) => `&#${point};`),
  "in HTML, by hexadecimal numbers": (secret: string) => numbered(secret, (point) => `&#x${point.toString(16)};`)
} satisfies Readonly<Record<string, (secret: string) => string>>

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
