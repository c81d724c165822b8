import { spawnSync } from "node:child_process"
import { readFileSync } from "node:fs"
import ts from "typescript"
import { sources } from "./sources.js"

interface Example {
  readonly name: string
  readonly code: string
}

/** The programs under `@example` in the doc comments of a file. */
const examplesOf = (file: string): ReadonlyArray<Example> =>
  [...readFileSync(file, "utf8").matchAll(/^ *\* @example\n *\* ```ts\n([\s\S]*?)^ *\* ```$/gm)].map(
    ([, commented = ""], index) => ({
      name: `${file.replace(/\.ts$/, "")}.example-${index + 1}.ts`,
      code: commented.replace(/^ *\* ?/gm, "")
    })
  )

/** Checks the programs against the package as it was built: its own name leads to `dist`. */
const typeErrors = (examples: ReadonlyArray<Example>): ReadonlyArray<string> => {
  const { options } = ts.parseJsonConfigFileContent(
    { extends: "./tsconfig.base.json", compilerOptions: { noEmit: true, types: ["node"] } },
    ts.sys,
    "."
  )
  const files = new Map(examples.map(({ code, name }) => [name, code]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  const program = ts.createProgram([...files.keys()], options, host)
  return ts
    .getPreEmitDiagnostics(program)
    .map(({ file, messageText, start = 0 }) =>
      [
        file?.fileName ?? "",
        (file?.getLineAndCharacterOfPosition(start).line ?? 0) + 1,
        ts.flattenDiagnosticMessageText(messageText, "\n")
      ].join(":")
    )
}

const outcome = ({ code, name }: Example): ReadonlyArray<string> => {
  const javascript = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  }).outputText
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--input-type=module", "--eval", javascript], {
    encoding: "utf8",
    timeout: 60_000
  })
  const shown = [...code.matchAll(/\/\/ => (.*)$/gm)].map(([, line]) => line)
  const printed = stdout.split("\n").filter((line) => line !== "" && !line.startsWith("timestamp="))
  if (status !== 0) return [`${name} fails:\n${stderr}`]
  if (shown.length === 0) return [`${name} shows no result: end a line with "// => " and what it prints`]
  return shown.join("\n") === printed.join("\n")
    ? []
    : [`${name} shows\n${shown.join("\n")}\nand prints\n${printed.join("\n")}`]
}

/** Examples of the doc comments that do not compile, fail, or do not print what they show after `// => `. */
export const examples = (): ReadonlyArray<string> => {
  const all = sources.flatMap(examplesOf)
  if (all.length === 0) return ["no example was found"]
  const errors = typeErrors(all)
  console.log(`${all.length} examples`)
  return errors.length === 0 ? all.flatMap(outcome) : errors
}
