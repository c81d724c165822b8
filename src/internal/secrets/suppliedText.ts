const edges = (text: string): ReadonlyArray<readonly [verb: string, blanks: string]> => [
  ["begins", text.slice(0, text.length - text.trimStart().length)],
  ["ends", text.slice(text.trimEnd().length)]
]

/**
 * Why a text cannot be the credential that was meant: no portal issues one with such an end, and files have it.
 *
 * @internal
 */
export const flaw = (text: string): string | undefined => {
  if (text === "") return "is empty"
  for (const [verb, blanks] of edges(text)) {
    if (/[\n\v\f\r\u2028\u2029]/.test(blanks))
      return `${verb} with a line break, as the text of a mounted file often does`
    if (blanks.includes("\t")) return `${verb} with a tab`
    if (blanks.includes("\uFEFF")) return `${verb} with a byte order mark, as the text of a file may do`
  }
  return undefined
}

/**
 * What may be meant, and often is not.
 *
 * @internal
 */
export const oddity = (text: string): string | undefined => {
  for (const [verb, blanks] of edges(text)) if (blanks !== "") return `${verb} with a blank`
  const [quote] = text
  return text.length > 1 && (quote === '"' || quote === "'") && text.endsWith(quote) ? "stands in quotes" : undefined
}
