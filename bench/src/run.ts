/** Runs one measurement in this process, and sends what it brings to the process that asked for it. */
import { measures } from "./measures.js"

// Some peers leave a failed refresh unhandled; that is theirs, and no reason to stop measuring.
process.on("unhandledRejection", () => undefined)

const name = process.argv[2] ?? ""
const measure = measures[name]
if (measure === undefined) throw new Error(`there is no measurement ${name}`)
const measured = await measure.run()
if (process.send === undefined) console.log(JSON.stringify(measured, undefined, 2))
else await new Promise<void>((resume) => process.send?.(measured, () => resume()))
// Some peers leave timers behind.
process.exit(0)
