import { discloses } from "./disclosure.js"
import { isDocumented, unknownSegments } from "./platformText.js"

const longest = 300

/** As much as is looked at: a credential that begins in what is shown is found, even if it is cut there. */
const looked = 2 * longest

/**
 * Stands in place of a text that holds a credential. All of the text goes: a hole in it would show which part it was.
 *
 * @internal
 */
export const withheld = "[withheld: it repeats a credential]"

/** On one line, without what controls a terminal. */
const printable = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, " ").trim()

const show = (text: string, unknown: (line: string) => string, secrets: ReadonlyArray<string>): string => {
  const line = printable(text)
  if (discloses(unknown(line.slice(0, looked)), secrets)) return withheld
  return line.length > longest ? `${line.slice(0, longest)}…` : line
}

/**
 * An error code that a server sent, fit to be printed: documented segments stand whatever a credential is.
 *
 * @internal
 */
export const code = (text: string, secrets: ReadonlyArray<string>): string => show(text, unknownSegments, secrets)

/**
 * A sentence that a server or a transport wrote, fit to be printed: a documented one stands whatever a credential is.
 *
 * @internal
 */
export const sentence = (text: string, secrets: ReadonlyArray<string>): string =>
  show(text, (line) => (isDocumented(line) ? "" : line), secrets)
