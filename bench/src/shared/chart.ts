/** A bar chart: one bar per row, in the order given. */
export interface Bars {
  readonly file: string
  readonly title: string
  readonly unit: string
  readonly rows: ReadonlyArray<{ readonly label: string; readonly value: number; readonly ours?: boolean }>
}

const escaped = (text: string): string => text.replace(/&/g, "&amp;").replace(/</g, "&lt;")

const width = 760
const labels = 300
const line = 26

/** Greys and colours that are read on white and on black; viewers that know the reader's scheme get the better grey. */
const style = `
text { font: 13px system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; font-size: 15px }
.ours { fill: #2f81f7 } .other { fill: #8b949e }
@media (prefers-color-scheme: dark) { text { fill: #adbac7 } }`

export const svg = ({ rows, title, unit }: Bars): string => {
  const most = Math.max(...rows.map(({ value }) => value), Number.MIN_VALUE)
  const bars = rows.map(({ label, ours, value }, index) => {
    const y = 44 + index * line
    const length = Math.max(1, (Math.max(0, value) / most) * (width - labels - 110))
    return [
      `<text x="${labels - 8}" y="${y + 13}" text-anchor="end">${escaped(label)}</text>`,
      `<rect class="${ours === true ? "ours" : "other"}" x="${labels}" y="${y}" width="${length.toFixed(1)}" height="17" rx="2"/>`,
      `<text x="${(labels + length + 6).toFixed(1)}" y="${y + 13}">${value} ${escaped(unit)}</text>`
    ].join("\n")
  })
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${60 + rows.length * line}" role="img" aria-label="${escaped(title)}">
<style>${style}</style>
<text class="title" x="8" y="22">${escaped(title)}</text>
${bars.join("\n")}
</svg>
`
}
