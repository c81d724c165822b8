/**
 * What a user writes: the README's programs, one that tells a story, and one that imports everything.
 */
import { readFileSync } from "node:fs"
import ts from "typescript"
import { optionalModules, publicModules } from "../sources.js"
import type { Project } from "./project.js"

export interface Program {
  readonly name: string
  readonly code: string
}

const blocks = (language: string): ReadonlyArray<string> =>
  [...readFileSync("README.md", "utf8").matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = ""]) =>
    name === language ? [code] : []
  )

const readme = (): ReadonlyArray<Program> =>
  blocks("ts")
    .map((code, index) => ({ name: `readme-${index + 1}`, code }))
    // A test's runner and a store of keys are the user's own choice.
    .filter(({ code }) => !/"@effect\/(vitest|platform-node)/.test(code))

/** Without the modules that need more than this package asks for: it is to work where that is not installed. */
const always = publicModules.filter((name) => !optionalModules.includes(name))

const everything = (): string =>
  [
    'import * as Root from "effect-thingspace-auth"',
    ...always.map((name) => `import * as ${name} from "effect-thingspace-auth/${name}"`),
    ...always.map((name) => `export const same${name}: typeof ${name} = Root.${name}`)
  ].join("\n")

export const story = (): Program => ({
  name: "story",
  code: readFileSync("scripts/adopt/programs/story.ts", "utf8")
})

const found = <A>(what: A | undefined): A => {
  if (what === undefined) throw new Error("README.md has no such block")
  return what
}

/** The README's first program. */
export const quickstart = (): Program => found(readme()[0])

/** The README's program that needs no credentials, and what it is to print. */
export const tryIt = (): Program & { readonly prints: string } => ({
  ...found(readme().find(({ code }) => code.includes("ThingSpaceEmulator.layer"))),
  prints: found(blocks("text")[0]).trim()
})

export const programs = (): ReadonlyArray<Program> => [...readme(), story(), { name: "everything", code: everything() }]

/** Writes a program as JavaScript, for runtimes that take nothing else. */
export const writeJavaScript = (project: Project, { code, name }: Program): string => {
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  })
  project.write(`${name}.mjs`, outputText)
  return `${name}.mjs`
}
