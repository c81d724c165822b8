import * as Hash from "effect/Hash"
import * as Redacted from "effect/Redacted"

/**
 * Short enough to reveal nothing of a token, long enough to tell two of them apart in a support ticket.
 *
 * @internal
 */
export const fingerprint = (secret: Redacted.Redacted): string =>
  `#${(Hash.string(Redacted.value(secret)) >>> 0).toString(16).padStart(8, "0")}`

const unprintable = /[^\x20-\x7e\x80-\xff]/

/**
 * Whether a header can carry the text unchanged: visible Latin-1 and blanks inside (RFC 9110 section 5.5).
 *
 * @internal
 */
export const isHeaderValue = (text: string): boolean => text !== "" && text.trim() === text && !unprintable.test(text)

const longest = 300

/**
 * Text that the platform sent, fit to be printed: no secret that we had sent it, no control characters, a bounded length.
 *
 * @internal
 */
export const printable = (text: string, secrets: ReadonlyArray<string>): string => {
  const scrubbed = secrets.reduce((out, secret) => (secret === "" ? out : out.replaceAll(secret, "<redacted>")), text)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: control characters are what is taken out
  const line = scrubbed.replace(/[\x00-\x1f\x7f-\x9f]+/g, " ").trim()
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}
