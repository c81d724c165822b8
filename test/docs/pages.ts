import { readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import ts from "typescript"

const root = fileURLToPath(new URL("../..", import.meta.url))

export const read = (path: string): string => readFileSync(root + path, "utf8")

/** The README and what is in `docs`, by paths from the repository's root. */
export const pages: ReadonlyArray<string> = [
  "README.md",
  ...readdirSync(`${root}docs`)
    .filter((file) => file.endsWith(".md"))
    .map((file) => `docs/${file}`)
]

/** The code blocks of a page in a language. */
export const blocks = (page: string, language: string): ReadonlyArray<string> =>
  [...read(page).matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = ""]) =>
    name === language ? [code] : []
  )

/** The rows of every table of a page beneath the heading, or of the whole page; escaped bars are bars. */
export const rows = (page: string, heading?: string): ReadonlyArray<ReadonlyArray<string>> => {
  const text = read(page)
  const section =
    heading === undefined ? text : (text.split(new RegExp(`^## ${heading}$`, "m"))[1]?.split(/^## /m)[0] ?? "")
  return [...section.matchAll(/^\|(.*)\|$/gm)].flatMap(([, row = ""]) => {
    const cells = row.split(/(?<!\\)\|/).map((cell) => cell.replaceAll("\\|", "|").trim())
    return /^[-: ]*$/.test(cells.join("")) ? [] : [cells]
  })
}

/** What a cell or a sentence shows as code. */
export const codes = (text: string): ReadonlyArray<string> =>
  [...text.matchAll(/`([^`]+)`/g)].map(([, code = ""]) => code)

/** The files that scripts, tests and readers find under `folder`. */
export const filesIn = (folder: string, extension: string): ReadonlyArray<string> =>
  readdirSync(root + folder).filter((file) => file.endsWith(extension))

/** Type-checks sources as if they were files of the repository. */
export const typeErrors = (sources: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["README.md"] }, ts.sys, root)
  const files = new Map([...sources].map(([name, source]) => [root + name, source]))
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (path) => files.has(path) || fileExists(path)
  host.readFile = (path) => files.get(path) ?? readFile(path)
  const program = ts.createProgram([...files.keys()], options, host)
  const diagnostics = [...files.keys()].flatMap((path) =>
    ts.getPreEmitDiagnostics(program, program.getSourceFile(path))
  )
  return diagnostics.map(({ file, messageText, start }) => {
    const line = file === undefined ? 0 : file.getLineAndCharacterOfPosition(start ?? 0).line + 1
    const name = file?.fileName.slice(root.length) ?? ""
    return `${name}:${line} ${ts.flattenDiagnosticMessageText(messageText, "\n")}`
  })
}

/** What cannot be read of a script in which names are free. */
export const syntaxErrors = (source: string): ReadonlyArray<string> =>
  (ts.transpileModule(source, { reportDiagnostics: true }).diagnostics ?? []).map(({ messageText }) =>
    ts.flattenDiagnosticMessageText(messageText, "\n")
  )
