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

/** As a form reads a value; what is not an escape stays as it is. */
const formDecode = (value: string): string => new URLSearchParams(`=${value.replaceAll("&", "%26")}`).get("") ?? value

/** As the Basic scheme was read before RFC 7617 named a charset: one character for each byte. */
const latin1 = (value: string): string =>
  Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join("")

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" }

/** The ways in which an answer may repeat what it was sent: as it was, or as some layer between wrote or read it. */
const writings = (secret: string): ReadonlyArray<string> => {
  const form = formEncode(secret)
  const percent = form.replaceAll("+", "%20")
  return [
    secret,
    form,
    percent,
    percent.replace(/%(?:2[1789]|7E)/g, decodeURIComponent),
    formDecode(secret),
    formDecode(secret.replaceAll("+", "%2B")),
    latin1(secret),
    Encoding.encodeBase64(secret),
    JSON.stringify(secret).slice(1, -1),
    secret.replace(/[&<>"]/g, (character) => entities[character] ?? character)
  ]
}

/** One pass, the longest first: where a secret is part of another, nothing of the other stays behind. */
const scrub = (text: string, secrets: ReadonlyArray<string>): string => {
  const all = [...new Set(secrets.flatMap(writings))].filter((writing) => writing !== "")
  const longestFirst = all.sort((one, other) => other.length - one.length).map(escape)
  return all.length === 0 ? text : text.replace(new RegExp(longestFirst.join("|"), "gi"), "<redacted>")
}

/** RFC 6749 section 5.2, RFC 6750 section 3.1, RFC 7009 section 2.2.1, and what servers add for a status of 500 or 503. */
const codes: ReadonlySet<string> = new Set([
  "invalid_request",
  "invalid_client",
  "invalid_grant",
  "unauthorized_client",
  "unsupported_grant_type",
  "invalid_scope",
  "invalid_token",
  "insufficient_scope",
  "unsupported_token_type",
  "server_error",
  "temporarily_unavailable"
])

const longest = 300

/**
 * Text that the platform sent, fit to be printed: no secret that we had sent it, no control characters, a bounded length.
 * A code of OAuth stays whole: it reveals nothing, also where a secret happens to be a part of it.
 *
 * @internal
 */
export const printable = (text: string, secrets: ReadonlyArray<string>): string => {
  if (codes.has(text)) return text
  const line = scrub(text, secrets)
    .replace(/\p{Cc}+/gu, " ")
    .trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
