/**
 * Runs the measurements one after the other, each in a process of its own, and closes with the targets.
 *
 *     npm run bench                    all of them, about ten minutes
 *     npm run bench -- --quick         about two minutes, with a wider spread
 *     npm run bench -- tls weight      these alone; results.json keeps the others
 */
import { fork } from "node:child_process"
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { cpus } from "node:os"
import { dirname } from "node:path"
import { fileURLToPath } from "node:url"
import { measures } from "./measures.js"
import { svg } from "./shared/chart.js"
import type { Measured } from "./shared/measure.js"
import { selfSigned } from "./shared/serve.js"
import { quick } from "./shared/settings.js"
import { format } from "./shared/table.js"
import { compared } from "./targets.js"

const bench = fileURLToPath(new URL("..", import.meta.url))
const asked = process.argv.slice(2).filter((argument) => !argument.startsWith("--"))
const names = asked.length === 0 ? Object.keys(measures) : asked

const { certificate, key } = selfSigned()
const env = { ...process.env, NODE_EXTRA_CA_CERTS: certificate, BENCH_CERTIFICATE: `${certificate}:${key}` }

const measured = (name: string): Promise<Measured> =>
  new Promise((resume, reject) => {
    const child = fork(fileURLToPath(new URL("run.js", import.meta.url)), [name, ...(quick ? ["--quick"] : [])], {
      env,
      execArgv: ["--expose-gc"]
    })
    child.once("message", (result) => resume(result as Measured))
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)))
  })

const file = `${bench}results.json`
mkdirSync(`${bench}charts`, { recursive: true })
const results: Record<string, Measured> = existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).measurements : {}
const machine = { node: process.version, processors: cpus().length, quick }
const failed: Array<string> = []

const targets = () => compared(Object.assign({}, ...Object.values(results).map((result) => result.figures ?? {})))

for (const [index, name] of names.entries()) {
  const start = performance.now()
  process.stdout.write(`${index + 1}/${names.length} ${measures[name]?.title ?? name} …`)
  try {
    const result = await measured(name)
    results[name] = result
    console.log(` ${((performance.now() - start) / 1000).toFixed(0)} s`)
    for (const table of result.tables) console.log(format(table))
    for (const chart of result.charts ?? []) writeFileSync(`${bench}charts/${chart.file}`, svg(chart))
    writeFileSync(file, `${JSON.stringify({ machine, targets: targets(), measurements: results }, undefined, 2)}\n`)
  } catch (error) {
    failed.push(name)
    console.error(` failed: ${error}`)
  }
}

rmSync(dirname(certificate), { recursive: true })
console.log(format(targets()))
console.log(failed.length === 0 ? `Written to ${file} and charts/.` : `Failed: ${failed.join(", ")}`)
process.exitCode = failed.length === 0 ? 0 : 1
