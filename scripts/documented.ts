import ts from "typescript"
import { publicModules } from "./sources.js"

const missing = (text: string, tags: ReadonlyArray<string>, required: ReadonlyArray<string>): ReadonlyArray<string> => [
  ...(text.trim() === "" ? ["a sentence"] : []),
  ...required.filter((tag) => !tags.includes(tag)).map((tag) => `@${tag}`)
]

/** The text and the tags of the comment that opens a file. */
const openingOf = (file: ts.SourceFile): readonly [text: string, tags: ReadonlyArray<string>] => {
  const comment = /^\/\*\*([\s\S]*?)\*\//.exec(file.text)?.[1] ?? ""
  const [text = "", ...tags] = comment.replace(/^\s*\* ?/gm, "").split(/^@/m)
  return [text, tags.map((tag) => /^\w*/.exec(tag)?.[0] ?? "")]
}

/** Public modules and their exports that say nothing of themselves, or not since when and under which category. */
export const documented = (): ReadonlyArray<string> => {
  const { options } = ts.parseJsonConfigFileContent(
    ts.readConfigFile("tsconfig.build.json", ts.sys.readFile).config,
    ts.sys,
    "."
  )
  const program = ts.createProgram(
    [...publicModules, "index"].map((name) => `src/${name}.ts`),
    options
  )
  const checker = program.getTypeChecker()

  const problemsOf = (name: string): ReadonlyArray<string> => {
    const file = program.getSourceFile(`src/${name}.ts`)
    const module = file && checker.getSymbolAtLocation(file)
    if (file === undefined || module === undefined) {
      return [`src/${name}.ts: no module`]
    }
    const opening = missing(...openingOf(file), ["since"])
    const exported = checker.getExportsOfModule(module).flatMap((alias) => {
      const symbol = alias.flags & ts.SymbolFlags.Alias ? checker.getAliasedSymbol(alias) : alias
      const tags = symbol.getJsDocTags(checker).map((tag) => tag.name)
      const comment = ts.displayPartsToString(symbol.getDocumentationComment(checker))
      const lacks = name === "index" || tags.includes("internal") ? [] : missing(comment, tags, ["since", "category"])
      return lacks.length === 0 ? [] : [`src/${name}.ts: ${alias.name} lacks ${lacks.join(", ")}`]
    })
    return opening.length === 0 ? exported : [`src/${name}.ts: the module lacks ${opening.join(", ")}`, ...exported]
  }

  return [...publicModules, "index"].flatMap(problemsOf)
}
