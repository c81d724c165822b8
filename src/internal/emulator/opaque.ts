const mix = (n: number): number => {
  const a = Math.imul(n ^ (n >>> 16), 0x85ebca6b)
  const b = Math.imul(a ^ (a >>> 13), 0xc2b2ae35)
  return (b ^ (b >>> 16)) >>> 0
}

/** The `n`th value of a seed: 32 hexadecimal digits, as in the page "Start Session". */
export const hex = (seed: number, n: number): string =>
  [1, 2, 3, 4]
    .map((word) =>
      mix(mix(seed + word) ^ mix(n * 4 + word))
        .toString(16)
        .padStart(8, "0")
    )
    .join("")

/** The `n`th value of a seed as a GUID. */
export const guid = (seed: number, n: number): string => {
  const digits = hex(seed, n)
  return [
    digits.slice(0, 8),
    digits.slice(8, 12),
    `4${digits.slice(13, 16)}`,
    `8${digits.slice(17, 20)}`,
    digits.slice(20)
  ].join("-")
}
