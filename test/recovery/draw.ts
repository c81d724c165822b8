/**
 * Draws the chart of docs/recovery.md: `npx tsx test/recovery/draw.ts`.
 */
import { writeFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { svg } from "./chart.js"
import { rows } from "./measured.js"

writeFileSync(fileURLToPath(new URL("../../docs/pictures/recovery.svg", import.meta.url)), svg(rows))
