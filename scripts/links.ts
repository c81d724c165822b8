import { existsSync, readdirSync, readFileSync } from "node:fs"
import { dirname, join } from "node:path"

/** The documents that a reader finds in the repository. */
const documents = (): ReadonlyArray<string> => [
  ...readdirSync(".").filter((file) => file.endsWith(".md")),
  ".changeset/README.md",
  ...(existsSync("docs") ? readdirSync("docs").flatMap((file) => (file.endsWith(".md") ? [`docs/${file}`] : [])) : [])
]

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "")

/** What GitHub calls the headings of a document. */
const anchors = (path: string): ReadonlyArray<string> =>
  [...withoutCode(readFileSync(path, "utf8")).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

/** Links that lead nowhere, and commands that `package.json` does not have. */
export const broken = (): ReadonlyArray<string> => {
  const { scripts } = JSON.parse(readFileSync("package.json", "utf8"))
  return documents().flatMap((path) => {
    const text = readFileSync(path, "utf8")
    const links = [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) =>
      /^https:/.test(link) ? [] : [link]
    )
    const commands = [...text.matchAll(/npm run ([\w:-]+)/g)].flatMap(([, command = ""]) => command)
    return [
      ...links
        .filter((link) => {
          const [file = "", anchor] = link.split("#")
          const target = file === "" ? path : join(dirname(path), file)
          return !existsSync(target) || (anchor !== undefined && !anchors(target).includes(anchor))
        })
        .map((link) => `${path} links to ${link}, which does not exist`),
      ...commands
        .filter((command) => scripts[command] === undefined)
        .map((command) => `${path} says npm run ${command}, which package.json does not have`)
    ]
  })
}
