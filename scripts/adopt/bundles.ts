import { builtinModules } from "node:module"
import { build } from "esbuild"
import { story, writeJavaScript } from "./programs.js"
import type { Project } from "./project.js"
import { here, tell } from "./runs.js"

interface Bundle {
  readonly bytes: number
  /** What the bundle holds code of, by path. */
  readonly inputs: ReadonlyArray<string>
  readonly imports: ReadonlyArray<string>
}

const bundle = async (project: Project, entry: string, outfile: string): Promise<Bundle> => {
  const { metafile } = await build({
    absWorkingDir: project.folder,
    entryPoints: [entry],
    outfile,
    bundle: true,
    format: "esm",
    // Nothing but the language: a built-in of Node.js, or a browser's replacement for a file, cannot be found.
    platform: "neutral",
    mainFields: ["module", "main"],
    external: [...builtinModules, ...builtinModules.map((name) => `node:${name}`)],
    minify: true,
    metafile: true,
    logLevel: "error"
  })
  const [output] = Object.values(metafile.outputs)
  return {
    bytes: output?.bytes ?? 0,
    inputs: Object.entries(output?.inputs ?? {}).flatMap(([path, { bytesInOutput }]) =>
      bytesInOutput > 0 ? [path] : []
    ),
    imports: output?.imports.map(({ path }) => path) ?? []
  }
}

/** Bundles the main entry point for a platform that has nothing, and runs what comes out. */
export const neutral = async (project: Project): Promise<ReadonlyArray<string>> => {
  const { bytes, imports } = await bundle(project, writeJavaScript(project, story()), "bundle.mjs")
  project.write("main.mjs", 'export * from "effect-thingspace-auth"\n')
  const main = await bundle(project, "main.mjs", "main.bundle.mjs")
  console.log(`  the story with all of Effect that it uses: ${Math.round(bytes / 1024)} KiB, minified`)
  return [
    ...[...imports, ...main.imports].map((path) => `the bundle imports ${path}`),
    ...(await tell(project, here, "bundle.mjs"))
  ]
}

const importing: ReadonlyArray<readonly [what: string, code: string, unwanted: RegExp]> = [
  ["nothing", 'import "effect-thingspace-auth"', /./],
  [
    "one module",
    'export { fingerprint } from "effect-thingspace-auth/AccessToken"',
    /^(?!AccessToken\.|internal\/secrets\/)/
  ],
  ["one namespace", 'export { AccessToken } from "effect-thingspace-auth"', /^(?!AccessToken\.|internal\/secrets\/)/],
  [
    "the client",
    'export { ThingSpaceHttpClient } from "effect-thingspace-auth"',
    /^(ThingSpaceEmulator\.|internal\/emulator\/)/
  ]
]

/** Modules that a bundle holds though nothing in it uses them. */
export const treeShaken = async (project: Project): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = []
  for (const [what, code, unwanted] of importing) {
    const entry = `${what.replaceAll(" ", "-")}.mjs`
    project.write(entry, code)
    const { inputs } = await bundle(project, entry, `shaken/${entry}`)
    const ours = inputs.flatMap((path) => path.split("effect-thingspace-auth/dist/").slice(1))
    console.log(`  importing ${what}: ${ours.length} of our files`)
    problems.push(...ours.filter((path) => unwanted.test(path)).map((path) => `importing ${what} pulls in ${path}`))
  }
  return problems
}
