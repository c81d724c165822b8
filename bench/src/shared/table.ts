import type { Table } from "./measure.js"

const cell = (value: string | number): string => (typeof value === "string" ? value : value.toLocaleString("en"))

/** A table for the terminal, numbers to the right. */
export const format = ({ columns, note, rows, title }: Table): string => {
  const lines = [columns, ...rows.map((row) => row.map(cell))]
  const widths = columns.map((_, index) => Math.max(...lines.map((line) => line[index]?.length ?? 0)))
  const text = lines.map((line, row) =>
    line
      .map((value, index) =>
        index === 0 || (row > 0 && typeof rows[row - 1]?.[index] === "string")
          ? value.padEnd(widths[index] ?? 0)
          : value.padStart(widths[index] ?? 0)
      )
      .join("  ")
      .trimEnd()
  )
  return ["", title, "", ...text, ...(note === undefined ? [] : ["", note]), ""].join("\n")
}
