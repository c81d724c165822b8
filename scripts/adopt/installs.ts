import { readdirSync, readFileSync } from "node:fs"
import type { Project } from "./project.js"

const pages = (): ReadonlyArray<string> => [
  "README.md",
  ...readdirSync("docs").flatMap((file) => (file.endsWith(".md") ? [`docs/${file}`] : []))
]

/** What the pages have their readers install, each once, in their order. */
const lines = (): ReadonlyArray<ReadonlyArray<string>> => {
  const found = pages().flatMap((page) =>
    [...readFileSync(page, "utf8").matchAll(/\bnpm (?:install|i) ([^\n`]+)/g)].map(([, words = ""]) => words.trim())
  )
  return [...new Set(found)].map((words) => words.split(/\s+/))
}

/** Runs every `npm install` of the pages in one project, as a reader does who follows them; what cannot be installed. */
export const installs = async (project: Project, tarball: string): Promise<ReadonlyArray<string>> => {
  const all = lines()
  if (all.length === 0) return ["the pages install nothing"]
  for (const words of all) {
    const line = `npm install ${words.join(" ")}`
    console.log(`  ${line}`)
    const { ok, output } = await project.run("npm", [
      "install",
      "--prefer-offline",
      "--ignore-scripts",
      "--no-audit",
      "--no-fund",
      ...words.map((word) => (word === "effect-thingspace-auth" ? `file:${tarball}` : word))
    ])
    if (!ok) return [`${line} failed:\n${output}`]
  }
  // Two copies of effect do not know each other's services.
  const { ok, output } = await project.run("npm", ["ls", "effect", "@effect/platform", "--all"])
  const versions = new Set([...output.matchAll(/\beffect@(\S+)/g)].map(([, version]) => version))
  return [
    ...(ok ? [] : [output]),
    ...(versions.size === 1 ? [] : [`effect is there as ${[...versions].join(" and ")}`])
  ]
}
