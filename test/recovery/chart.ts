import type { rows } from "./measured.js"

type Row = (typeof rows)[number]

const width = 890
const labels = 360
const line = 40
const top = 62

/** The axis is logarithmic: what matters is whether one waits for a second, for a minute or for half an hour. */
const shortest = 0.1
const longest = 3600
const lengthOf = (seconds: number): number =>
  ((width - labels - 90) * Math.log(Math.max(seconds, shortest * 1.1) / shortest)) / Math.log(longest / shortest)

const ticks: ReadonlyArray<readonly [seconds: number, label: string]> = [
  [0.1, "0.1 s"],
  [1, "1 s"],
  [10, "10 s"],
  [60, "1 min"],
  [600, "10 min"],
  [3600, "1 h"]
]

const written = (seconds: number): string => (seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`)

/** Greys and colours that are read on white and on black. */
const style = `
text { font: 13px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; font-size: 15px }
.small { font-size: 11px }
.after { fill: #2f81f7 } .before { fill: #8b949e }
line { stroke: #8b949e; stroke-opacity: 0.35 }
@media (prefers-color-scheme: dark) { text { fill: #adbac7 } }`

const bar = (kind: "before" | "after", seconds: number, y: number): string => {
  const length = lengthOf(seconds)
  return [
    `<rect class="${kind}" x="${labels}" y="${y}" width="${length.toFixed(1)}" height="13" rx="2"/>`,
    `<text class="small" x="${(labels + length + 5).toFixed(1)}" y="${y + 11}">${written(seconds)}</text>`
  ].join("\n")
}

/** The trouble on the left, the seconds until the first success after it on the right, before and after. */
export const svg = (all: ReadonlyArray<Row>): string => {
  const bottom = top + all.length * line
  const grid = ticks.map(([seconds, label]) => {
    const x = (labels + (seconds === shortest ? 0 : lengthOf(seconds))).toFixed(1)
    return [
      `<line x1="${x}" y1="${top - 8}" x2="${x}" y2="${bottom}"/>`,
      `<text class="small" x="${x}" y="${bottom + 16}" text-anchor="middle">${label}</text>`
    ].join("\n")
  })
  const bars = all.map(({ after, before, trouble }, index) => {
    const y = top + index * line
    return [
      `<text x="${labels - 10}" y="${y + 18}" text-anchor="end">${trouble}</text>`,
      bar("before", before, y),
      bar("after", after, y + 15)
    ].join("\n")
  })
  const title = "From the end of the trouble to the first success"
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${bottom + 26}" width="${width}" height="${bottom + 26}" role="img" aria-label="${title}">
<style>${style}</style>
<text class="title" x="8" y="22">${title}</text>
<rect class="before" x="8" y="34" width="11" height="11" rx="2"/><text class="small" x="24" y="44">version 0.1</text>
<rect class="after" x="100" y="34" width="11" height="11" rx="2"/><text class="small" x="116" y="44">now, at worst; logarithmic scale</text>
${grid.join("\n")}
${bars.join("\n")}
</svg>
`
}
