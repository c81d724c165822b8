import * as Encoding from "effect/Encoding"
import { escape } from "effect/RegExp"
import { formEncode } from "./headerValue.js"

/** This many characters of a credential in a row disclose it. A shorter credential is disclosed as a whole word. */
const run = 8

/** The digits that the secret alone determines, if it begins at any of the three places in a group of three bytes. */
const base64 = (secret: string): ReadonlyArray<string> =>
  [0, 1, 2].map((before) => {
    const bytes = new TextEncoder().encode("\0".repeat(before) + secret)
    return Encoding.encodeBase64(bytes).slice(Math.ceil((before * 4) / 3), Math.floor((bytes.length * 4) / 3))
  })

const percentEncode = (secret: string): string => encodeURIComponent(secret.replace(/\p{Cs}/gu, "\ufffd"))

/** The credential in each form in which a server, or a layer in between, writes what it received. */
const writings = (secret: string): ReadonlyArray<string> => [
  secret,
  formEncode(secret),
  percentEncode(secret),
  JSON.stringify(secret).slice(1, -1)
]

const runsOf = (text: string): ReadonlyArray<string> =>
  Array.from({ length: Math.max(0, text.length - run + 1) }, (_, at) => text.slice(at, at + run))

const includesAny = (written: string, parts: ReadonlyArray<string>): boolean =>
  parts.some((part) => written.includes(part))

const isWordOf = (text: string, written: string): boolean =>
  new RegExp(`(?<![\\p{L}\\p{N}])${escape(written)}(?![\\p{L}\\p{N}])`, "u").test(text)

/**
 * Whether a text holds a credential, or eight characters in a row of one: as it is, form-encoded, percent-encoded,
 * JSON-escaped or in Base64. Case is ignored: hexadecimal digits, in GUIDs as in escapes, mean the same in either.
 *
 * @internal
 */
export const discloses = (text: string, secrets: ReadonlyArray<string>): boolean => {
  const shown = text.toLowerCase()
  const parts = runsOf(shown)
  return secrets
    .filter((secret) => secret !== "")
    .some((secret) => {
      const isShort = secret.length < run
      const long = isShort ? base64(secret) : [...writings(secret), ...base64(secret)]
      const words = isShort ? [...writings(secret), Encoding.encodeBase64(secret).replace(/=+$/, "")] : []
      return (
        long.some((written) => includesAny(written.toLowerCase(), parts)) ||
        words.some((written) => isWordOf(shown, written.toLowerCase()))
      )
    })
}
