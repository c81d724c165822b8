const escapes =
  /%([0-9a-f]{2})|\\u([0-9a-f]{4})|\\x([0-9a-f]{2})|&#x([0-9a-f]{1,6});|&#(\d{1,7});|&(amp|lt|gt|quot|apos);|\\(.)/gi

const entities: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" }

const controls = /[bfnrtv0]/

/** Undoes one layer of the escapes of URLs, JSON, JavaScript and HTML. A URL's bytes come as one character each. */
const unescape = (text: string): string =>
  text.replace(escapes, (_, url, json, script, html, decimal, entity, escaped) => {
    const hexadecimal = url ?? json ?? script ?? html
    if (hexadecimal !== undefined) return String.fromCharCode(Number.parseInt(hexadecimal, 16))
    if (decimal !== undefined) return String.fromCharCode(Number(decimal))
    if (entity !== undefined) return entities[entity.toLowerCase()] ?? ""
    return controls.test(escaped) ? " " : escaped
  })

/**
 * A text, and what is left of it as one layer of escapes after the other is undone: a bounded number of them.
 *
 * @internal
 */
export const layers = (text: string, depth = 4): ReadonlyArray<string> => {
  const inner = unescape(text)
  return inner === text || depth === 0 ? [text] : [text, ...layers(inner, depth - 1)]
}

const base64 =
  (skipped: number) =>
  (text: string): string => {
    const digits = text
      .replace(/[^\w+/-]/g, "")
      .replaceAll("-", "+")
      .replaceAll("_", "/")
    const from = digits.slice(skipped)
    return atob(from.padEnd(Math.ceil(from.length / 4) * 4, "A"))
  }

const hexadecimal =
  (skipped: number) =>
  (text: string): string =>
    text
      .replace(/[^0-9a-f]/gi, "")
      .slice(skipped)
      .replace(/../g, (byte) => String.fromCharCode(Number.parseInt(byte, 16)))

/** Where the digits of a secret begin among the others is not known, so each way to group them is tried. */
const decoders = [...[0, 1, 2, 3].map(base64), ...[0, 1].map(hexadecimal)]

/** @internal */
export const unspaced = (text: string): string => text.replace(/\s+/g, "")

/**
 * Everything that a text may say, blanks aside: each layer of its escapes, and what there is in base64 or hexadecimal at
 * any place.
 *
 * @internal
 */
export const readings = (text: string): ReadonlyArray<string> =>
  layers(unspaced(text)).flatMap((layer) => [layer, ...decoders.flatMap((decode) => layers(decode(layer)))])
