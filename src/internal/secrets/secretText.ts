import * as Hash from "effect/Hash"
import * as Redacted from "effect/Redacted"
import { escape } from "effect/RegExp"
import { layers, readings, unspaced } from "./readings.js"

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

/** As bytes are read that no character set is known for: a character each. */
const latin1 = (value: string): string =>
  Array.from(new TextEncoder().encode(value), (byte) => String.fromCharCode(byte)).join("")

/** Everything but visible ASCII, and of that `+`, which is a blank in forms, and the backslash, which quotes. */
const lost = "[^!-*,-[\\]-~]"

const lostThroughout = new RegExp(lost, "g")

/** What is left of a text by quoting, spacing, breaking over lines, another case and another character set. */
const skeleton = (text: string): string => text.replace(lostThroughout, "").toLowerCase()

/** A server may unescape what it was sent before it repeats it. */
const skeletons = (secrets: ReadonlyArray<string>): ReadonlyArray<string> =>
  [...new Set(secrets.flatMap((secret) => layers(secret)).map(skeleton))]
    .filter((letters) => letters !== "")
    .sort((one, other) => other.length - one.length)

const redacted = "<redacted>"

/** Replaces the secrets that stand in the open: the longest first, and what is lost of them at their ends too. */
const replace = (text: string, skeletons: ReadonlyArray<string>): string => {
  const end = "[^\\s!-*,-[\\]-~]*"
  const all = skeleton(text)
  const found = skeletons.filter((letters) => all.includes(letters))
  const patterns = found.map((letters) => `${end}${Array.from(letters, escape).join(`${lost}*`)}${end}`)
  return patterns.length === 0 ? text : text.replace(new RegExp(patterns.join("|"), "gi"), redacted)
}

/** So many characters of a skeleton in a row give a secret away; of a shorter one, all. */
const telling = 12

const windows = (letters: string, size: number): ReadonlyArray<string> =>
  Array.from({ length: Math.max(0, letters.length - size + 1) }, (_, at) => letters.slice(at, at + size))

/** Whether a text shows a secret to someone who knows how to read it: whole, or a part of it. */
const shows = (text: string, secrets: ReadonlyArray<string>, skeletons: ReadonlyArray<string>): boolean => {
  const sizes = [...new Set(skeletons.map(({ length }) => Math.min(length, telling)))]
  const pieces = new Set(skeletons.flatMap((letters) => windows(letters, Math.min(letters.length, telling))))
  // A secret without a skeleton is known as a whole only.
  const wholes = secrets.flatMap((secret) => [secret, latin1(secret)].map(unspaced)).filter((secret) => secret !== "")
  return readings(text).some((reading) => {
    const letters = skeleton(reading)
    return (
      sizes.some((size) => windows(letters, size).some((window) => pieces.has(window))) ||
      wholes.some((secret) => unspaced(reading).includes(secret))
    )
  })
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

/** What is looked at of a text that is longer, so that a secret of any usual length is whole in it. */
const looked = 4096

/**
 * Text that the platform sent, fit to be printed: no secret that we had sent it, no control characters, a bounded length.
 * A secret that stands in the open is replaced; one that is escaped, encoded or cut takes the whole text with it.
 * A code of OAuth stays whole: it reveals nothing, also where a secret happens to be a part of it.
 *
 * @internal
 */
export const printable = (text: string, secrets: ReadonlyArray<string>): string => {
  if (codes.has(text)) return text
  const line = text.replace(/\p{Cc}+/gu, " ").trim()
  const known = skeletons(secrets)
  const open = replace(line.slice(0, looked), known)
  // Twice as much as is shown: a secret that is cut is known by what stands behind.
  const cutBefore = line.length > looked && open.length < 2 * longest
  if (cutBefore || shows(open.slice(0, 2 * longest), secrets, known)) return redacted
  return open.length > longest ? `${open.slice(0, longest)}…` : open
}
