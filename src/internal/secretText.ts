import * as Encoding from "effect/Encoding"
import * as Hash from "effect/Hash"
import * as Redacted from "effect/Redacted"
import { escape } from "effect/RegExp"

/**
 * Short enough to reveal nothing of a token, long enough to tell two of them apart in a support ticket.
 *
 * @internal
 */
export const fingerprint = (secret: Redacted.Redacted): string =>
  `#${(Hash.string(Redacted.value(secret)) >>> 0).toString(16).padStart(8, "0")}`

const unprintable = /[^\x20-\x7e\xa0-\xff]/

/**
 * Whether a header can carry the text unchanged: visible Latin-1 and blanks inside (RFC 9110 section 5.5).
 *
 * @internal
 */
export const isHeaderValue = (text: string): boolean => text !== "" && text.trim() === text && !unprintable.test(text)

/**
 * As `application/x-www-form-urlencoded` writes a value.
 *
 * @internal
 */
export const formEncode = (value: string): string => new URLSearchParams([["", value]]).toString().slice(1)

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** The ways in which an answer may repeat what it was sent: as it was, or in the writing of some layer between. */
const writings = (secret: string): ReadonlyArray<string> => {
  const form = formEncode(secret)
  const percent = form.replaceAll("+", "%20")
  return [
    secret,
    form,
    percent,
    percent.replace(/%(?:2[1789]|7E)/g, decodeURIComponent),
    Encoding.encodeBase64(secret),
    JSON.stringify(secret).slice(1, -1),
    secret.replace(/[&<>"]/g, (character) => entities[character] ?? character)
  ]
}

/** One pass, the longest first: where a secret is part of another, nothing of the other stays behind. */
const scrub = (text: string, secrets: ReadonlyArray<string>): string => {
  const all = [...new Set(secrets.filter((secret) => secret !== "").flatMap(writings))]
  const longestFirst = all.sort((one, other) => other.length - one.length).map(escape)
  return all.length === 0 ? text : text.replace(new RegExp(longestFirst.join("|"), "gi"), "<redacted>")
}

const longest = 300

/**
 * Text that the platform sent, fit to be printed: no secret that we had sent it, no control characters, a bounded length.
 *
 * @internal
 */
export const printable = (text: string, secrets: ReadonlyArray<string>): string => {
  const line = scrub(text, secrets)
    .replace(/\p{Cc}+/gu, " ")
    .trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
