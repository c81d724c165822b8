import { spawnSync } from "node:child_process"
import { readdirSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { gzipSync } from "node:zlib"
import { build } from "esbuild"
import type { Measure } from "../shared/measure.js"
import { quick } from "../shared/settings.js"
import { quantile, round } from "../shared/statistics.js"

const library = new URL("../../../dist/", import.meta.url)

const kibibytes = (bytes: number): number => round(bytes / 1024, 1)

const weigh = async (code: string) => {
  const { outputFiles } = await build({
    stdin: { contents: code, resolveDir: fileURLToPath(library) },
    bundle: true,
    minify: true,
    format: "esm",
    platform: "neutral",
    external: ["effect", "effect/*", "@effect/*", "redis"],
    write: false
  })
  // An import that stays outside is written once for each of our files; in a program's bundle it is not there at all.
  const own = (outputFiles[0]?.text ?? "").replace(/import(\*as [\w$]+|\{[^}]*\}) from"[^"]+";/g, "")
  return { minified: Buffer.byteLength(own), zipped: gzipSync(own, { level: 9 }).length }
}

/** Milliseconds to import a module in a process of its own, beside the packages that the program has anyway. */
const importTime = (file: string): number => {
  const script = `
    await import("effect"); await import("@effect/platform/HttpClient"); await import("@effect/platform/FetchHttpClient")
    const start = performance.now()
    await import(${JSON.stringify(new URL(file, library).href)})
    console.log(performance.now() - start)`
  const cwd = fileURLToPath(new URL("..", library))
  const times = Array.from({ length: quick ? 3 : 9 }, () =>
    Number(spawnSync(process.execPath, ["--input-type=module", "--eval", script], { cwd, encoding: "utf8" }).stdout)
  )
  return round(quantile(times, 0), 1)
}

/** What a program carries for this library alone. */
export const weight: Measure = {
  title: "Weight of our own code, by entry point",
  run: async () => {
    const files = readdirSync(library).filter((file) => file.endsWith(".js"))
    const rows: Array<readonly [string, number, number, number | ""]> = []
    for (const file of files) {
      const { minified, zipped } = await weigh(`export * from "./${file}"`)
      rows.push([file.replace(".js", ""), kibibytes(minified), kibibytes(zipped), importTime(file)])
    }
    const alone = await weigh('export { withAccessToken, withSession } from "./ThingSpaceHttpClient.js"')
    rows.push(["withSession, over sources of one's own", kibibytes(alone.minified), kibibytes(alone.zipped), ""])
    return {
      tables: [
        {
          title: weight.title,
          columns: ["entry point", "KiB minified", "KiB and gzipped", "ms to import"],
          rows,
          note: "esbuild, with effect, @effect/platform and redis external and their imports not counted; imported after them, the fastest of some processes."
        }
      ],
      figures: {
        middlewareKibibytes: kibibytes(alone.zipped),
        pipelineKibibytes: rows.find(([name]) => name === "ThingSpaceHttpClient")?.[2] ?? Number.NaN
      }
    }
  }
}
