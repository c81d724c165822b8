/**
 * Draws `docs/pictures/timeline.svg` from a run of `npm start`.
 *
 *     npx tsx scripts/timeline.ts
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, writeFileSync } from "node:fs"
import { stripVTControlCharacters as plain } from "node:util"

interface Line {
  readonly kind: "title" | "text" | "request" | "note"
  readonly text: string
}

interface Entry {
  readonly time: string
  readonly mark: string
  readonly lines: Array<Line>
}

const printed = execFileSync("npx", ["tsx", "examples/start.ts"], {
  encoding: "utf8",
  env: { PATH: process.env.PATH, HOME: process.env.HOME, FORCE_COLOR: "1" }
})

/** Titles are bold, requests follow an arrow, what they mean is dim, and all else is said in passing. */
const lineOf = (painted: string): Line => {
  const text = plain(painted).trim()
  if (text.startsWith("→")) return { kind: "request", text }
  return { kind: painted.includes("\u001b[1m") ? "title" : painted.includes("\u001b[2m") ? "text" : "note", text }
}

const entries: Array<Entry> = []
for (const line of (printed.split("What the platform received")[0] ?? "").split("\n")) {
  const [, time, mark] = /^ *([\d.]+) s ([✓✗!…]) /.exec(plain(line)) ?? []
  if (time !== undefined && mark !== undefined) {
    const first = lineOf(line.slice(line.indexOf(mark) + mark.length))
    entries.push({ time, mark, lines: [mark === "✓" ? first : { ...first, kind: "note" }] })
  } else if (plain(line).startsWith(" ".repeat(12))) entries.at(-1)?.lines.push(lineOf(line))
}
if (entries.length < 10 || entries.some(({ mark }) => mark === "✗")) throw new Error(`no timeline in:\n${printed}`)

const escape = (text: string): string => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;")

const width = 860
const axis = 86
const lineHeight = 17
const gap = 13

const colours: Readonly<Record<string, string>> = { "✓": "#1a7f37", "!": "#bf8700", "…": "#8c959f" }

let y = 30
const shapes: Array<string> = []
for (const { lines, mark, time } of entries) {
  const colour = colours[mark] ?? "#8c959f"
  shapes.push(
    `<text class="time" x="${axis - 18}" y="${y}" text-anchor="end">${time} s</text>`,
    `<circle cx="${axis}" cy="${y - 4}" r="5" fill="${colour}"/>`
  )
  for (const { kind, text } of lines) {
    shapes.push(`<text class="${kind}" x="${axis + 18}" y="${y}">${escape(text)}</text>`)
    y += lineHeight
  }
  y += gap
}

const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${y}" width="${width}" height="${y}" role="img" aria-label="The timeline of npm start">
<style>
text { font: 12.5px ui-sans-serif, system-ui, sans-serif; fill: #57606a }
.title { font-weight: 600; fill: #1f2328 }
.request, .time { font-family: ui-monospace, monospace; font-size: 11.5px }
.request { fill: #0969da }
.note { font-style: italic }
</style>
<rect width="${width}" height="${y}" rx="8" fill="#ffffff" stroke="#d0d7de"/>
<line x1="${axis}" y1="26" x2="${axis}" y2="${y - gap - lineHeight}" stroke="#d0d7de" stroke-width="2"/>
${shapes.join("\n")}
</svg>
`

mkdirSync("docs/pictures", { recursive: true })
writeFileSync("docs/pictures/timeline.svg", svg)
console.log(`docs/pictures/timeline.svg: ${entries.length} entries`)
