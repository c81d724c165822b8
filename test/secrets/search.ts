import * as secrecy from "../utils/secrecy.js"

/** A text that must not come out anywhere. */
export interface Mark {
  readonly name: string
  readonly secret: string
}

/** A text that came out. */
export interface Output {
  readonly source: string
  readonly text: string
}

export interface Finding {
  readonly source: string
  readonly secret: string
  readonly form: string
  /** The letters and digits around it. */
  readonly excerpt: string
}

/** So many letters and digits of a secret in a row are a leak, whatever stands between them. */
export const run = 12

const colour = /\p{Cc}\[[\d;]*m/gu

/** What no quoting, wrapping or colouring changes. */
const skeleton = (text: string): string =>
  text
    .replace(colour, "")
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "")

type Found = Pick<Finding, "secret" | "form">

const index = (marks: ReadonlyArray<Mark>) => {
  const runs = new Map<string, Found>()
  const short: Array<Found & { readonly text: string }> = []
  for (const [secret, name] of new Map(marks.map(({ name, secret }) => [secret, name]))) {
    for (const [form, write] of Object.entries(secrecy.writings)) {
      const text = write(secret)
      const letters = skeleton(text)
      if (letters.length < run) short.push({ secret: name, form, text: text.toLowerCase() })
      for (let at = 0; at + run <= letters.length; at += 1) {
        const part = letters.slice(at, at + run)
        if (!runs.has(part)) runs.set(part, { secret: name, form })
      }
    }
  }
  return { runs, short }
}

/**
 * Every output that shows a marked secret: whole or in part, in any case, in any of the forms of `secrecy.writings`,
 * and on top of that escaped, quoted, spaced or broken over lines.
 */
export const search = (outputs: ReadonlyArray<Output>, marks: ReadonlyArray<Mark>): ReadonlyArray<Finding> => {
  const { runs, short } = index(marks.filter(({ secret }) => secret !== ""))
  return outputs.flatMap(({ source, text }) => {
    const found = new Map<string, Finding>()
    const add = ({ form, secret }: Found, excerpt: string) => {
      if (!found.has(secret)) found.set(secret, { source, secret, form, excerpt })
    }
    const lower = text.toLowerCase()
    for (const one of short) if (lower.includes(one.text)) add(one, text.slice(0, 80))
    const letters = skeleton(text)
    for (let at = 0; at + run <= letters.length; at += 1) {
      const one = runs.get(letters.slice(at, at + run))
      if (one !== undefined) add(one, letters.slice(Math.max(0, at - 40), at + 60))
    }
    return [...found.values()]
  })
}
