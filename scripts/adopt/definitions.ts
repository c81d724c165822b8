import { spawn } from "node:child_process"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { join, posix, resolve } from "node:path"
import { createInterface } from "node:readline"
import { story } from "./programs.js"
import type { Project } from "./project.js"

const folder = "node_modules/effect-thingspace-auth"

/** Maps of the installed package whose sources are not in it. */
const dangling = (project: Project): ReadonlyArray<string> => {
  const dist = join(project.folder, folder, "dist")
  const maps = readdirSync(dist, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".map"))
  return maps.flatMap((file) => {
    const { sourceRoot, sources } = JSON.parse(readFileSync(join(dist, file), "utf8"))
    return sources
      .map((source: string) => join(dist, posix.dirname(file), sourceRoot ?? "", source))
      .filter((source: string) => !existsSync(source))
      .map((source: string) => `dist/${file} leads to ${source}, which is not there`)
  })
}

/** A name in a program, and the declaration that an editor is to open for it. */
const definitions: ReadonlyArray<readonly [use: string, file: string, declaration: string]> = [
  ["ThingSpaceHttpClient.layer", "src/ThingSpaceHttpClient.ts", "layer = ("],
  ["ThingSpaceEmulator.defaults", "src/internal/emulator/options.ts", "defaults: "]
]

interface Answer {
  readonly file: string
  readonly start: { readonly line: number; readonly offset: number }
}

/** Asks TypeScript's server as an editor does, and ends it once it has answered everything, or is late. */
const ask = (project: Project, requests: ReadonlyArray<object>): Promise<ReadonlyMap<number, Answer>> =>
  new Promise((resolved) => {
    const answers = new Map<number, Answer>()
    const server = spawn(process.execPath, [resolve("node_modules/typescript/lib/tsserver.js")], {
      cwd: project.folder,
      stdio: ["pipe", "pipe", "ignore"],
      timeout: 120_000
    })
    createInterface(server.stdout).on("line", (line) => {
      const message = line.startsWith("{") ? JSON.parse(line) : {}
      if (message.command !== "definition") return
      answers.set(message.request_seq, message.body?.[0])
      if (answers.size === definitions.length) server.kill()
    })
    server.once("exit", () => resolved(answers))
    for (const [seq, request] of requests.entries()) {
      server.stdin.write(`${JSON.stringify({ seq, type: "request", ...request })}\n`)
    }
  })

/** Names that an editor leads to another place than their declaration in the sources. */
const misled = async (project: Project): Promise<ReadonlyArray<string>> => {
  const { code } = story()
  const file = join(project.folder, "story.ts")
  project.write("story.ts", code)
  const place = (use: string) => {
    const before = code.slice(0, code.indexOf(use) + use.lastIndexOf(".") + 1).split("\n")
    return { file, line: before.length, offset: (before.at(-1)?.length ?? 0) + 1 }
  }
  const answers = await ask(project, [
    { command: "open", arguments: { file } },
    ...definitions.map(([use]) => ({ command: "definition", arguments: place(use) }))
  ])
  return definitions.flatMap(([use, source, declaration], index) => {
    const answer = answers.get(index + 1)
    if (!answer?.file.endsWith(`${folder}/${source}`)) return [`${use} leads to ${answer?.file}, not to ${source}`]
    const line = readFileSync(answer.file, "utf8").split("\n")[answer.start.line - 1] ?? ""
    const found = line.slice(answer.start.offset - 1)
    return found.startsWith(declaration) ? [] : [`${use} leads to "${found}", not to "${declaration}"`]
  })
}

/** What keeps an editor from going to a definition in the package's sources. */
export const definitionsReachable = async (project: Project): Promise<ReadonlyArray<string>> => [
  ...dangling(project),
  ...(await misled(project))
]
