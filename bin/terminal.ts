/**
 * Text for a terminal.
 *
 * NO_COLOR has the last word over FORCE_COLOR, and FORCE_COLOR over what the output is.
 */
const { FORCE_COLOR, NO_COLOR, TERM } = process.env

const colours = NO_COLOR
  ? false
  : FORCE_COLOR === undefined
    ? process.stdout.isTTY === true && TERM !== "dumb"
    : FORCE_COLOR !== "0" && FORCE_COLOR !== "false"

const paint = (code: number) => (text: string | number) => (colours ? `\u001b[${code}m${text}\u001b[0m` : `${text}`)

export const bold = paint(1)
export const dim = paint(2)
export const red = paint(31)
export const green = paint(32)
export const yellow = paint(33)
export const cyan = paint(36)

/** Breaks text between words, so that its lines fit beside an indentation. */
export const wrap = (text: string, indentation: number): ReadonlyArray<string> => {
  const width = Math.max(Math.min(process.stdout.columns || 100, 100) - indentation, 30)
  return text.match(new RegExp(`\\S.{0,${width - 2}}(?=\\s|$)|\\S+`, "g")) ?? []
}

/** What others have written, without what would move the cursor or turn the text around. */
export const plain = (text: string): string => text.replaceAll(/[\p{Cc}\p{Cf}\u2028\u2029]/gu, "")
