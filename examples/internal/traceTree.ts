/**
 * Draws a span with all beneath it, in the order in which they began, each with its place in time.
 */
import { stripVTControlCharacters } from "node:util"
import { bold, cyan, dim, yellow } from "../../bin/terminal.js"
import type { Span } from "./collector.js"

const width = 24

/** The name, and of an HTTP span what was asked and answered. */
const label = ({ attributes, name }: Span) => {
  const status = Number(attributes["http.response.status_code"])
  if (Number.isNaN(status)) return bold(name)
  const answer = status < 400 ? cyan(status) : yellow(status)
  return `${name.replace("http.client ", "")} ${attributes["url.path"]} ${answer}`
}

const millis = (from: bigint, to: bigint) => Number(to - from) / 1e6

/** The traces that were begun on a span's behalf have roots of their own, which are linked to it. */
const isLinked = (one: Span, span: Span) =>
  one.parentSpanId === undefined && one.links.some(({ spanId }) => spanId === span.spanId)

const beneath = (span: Span, all: ReadonlyArray<Span>): ReadonlyArray<Span> =>
  all
    .filter((one) => one.parentSpanId === span.spanId || isLinked(one, span))
    .sort((a, b) => Number(a.startTimeUnixNano - b.startTimeUnixNano))

export const draw = (root: Span, all: ReadonlyArray<Span>): string => {
  const total = millis(root.startTimeUnixNano, root.endTimeUnixNano)
  const column = (time: bigint) => Math.round((millis(root.startTimeUnixNano, time) / total) * width)
  const bar = ({ endTimeUnixNano, startTimeUnixNano }: Span) => {
    const from = Math.min(column(startTimeUnixNano), width - 1)
    const to = Math.min(Math.max(column(endTimeUnixNano), from + 1), width)
    return `${"·".repeat(from)}${"█".repeat(to - from)}${"·".repeat(width - to)}`
  }
  const rows: Array<readonly [span: Span, text: string]> = []
  const visit = (span: Span, branch: string, stem: string) => {
    rows.push([span, `${dim(branch)}${label(span)}`])
    const children = beneath(span, all)
    children.forEach((child, index) => {
      const isLast = index === children.length - 1
      visit(
        child,
        `${stem}${isLast ? "└" : "├"}${isLinked(child, span) ? "╌ " : "─ "}`,
        `${stem}${isLast ? "   " : "│  "}`
      )
    })
  }
  visit(root, "", "")
  const longest = Math.max(...rows.map(([, text]) => stripVTControlCharacters(text).length))
  return rows
    .map(([span, text]) => {
      const duration = `${millis(span.startTimeUnixNano, span.endTimeUnixNano).toFixed(1)} ms`
      return `${text}${" ".repeat(longest - stripVTControlCharacters(text).length)}  ${dim(bar(span))} ${duration.padStart(9)}`
    })
    .join("\n")
}
