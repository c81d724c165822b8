import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { ThingSpaceConfig, ThingSpaceEmulator } from "effect-thingspace-auth"
import ts from "typescript"

const root = fileURLToPath(new URL("..", import.meta.url))
const read = (path: string) => readFileSync(root + path, "utf8")

const readme = read("README.md")

const blocks = (language: string) =>
  [...readme.matchAll(/^```(\w*)\n([\s\S]*?)^```$/gm)].flatMap(([, name, code = ""]) =>
    name === language ? [code] : []
  )

/** Type-checks sources as if they were files of the repository. */
const typeErrors = (sources: ReadonlyArray<string>): ReadonlyArray<string> => {
  const { config } = ts.readConfigFile(`${root}tsconfig.json`, ts.sys.readFile)
  const { options } = ts.parseJsonConfigFileContent({ ...config, include: [], files: ["README.md"] }, ts.sys, root)
  const files = new Map(sources.map((source, index) => [`${root}readme-${index + 1}.ts`, source]))
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

describe("README", () => {
  it("opens with the program that is examples/quickstart.ts", () => {
    const program = read("examples/quickstart.ts").replace(/^\/\*\*[\s\S]*?\*\/\n/, "")
    assert.strictEqual(blocks("ts")[0], program)
  })

  it("shows programs that compile", { timeout: 120_000 }, () => {
    const programs = blocks("ts")
    const broken = 'import { ThingSpaceHttpClient } from "effect-thingspace-auth"\nThingSpaceHttpClient.layer({})\n'
    assert.isAbove(programs.length, 5)
    const errors = typeErrors([...programs, broken])
    assert.strictEqual(errors.length, 1, errors.join("\n"))
    assert.include(errors[0], `readme-${programs.length + 1}.ts:2`)
  })

  it("handles every kind of AuthError in its one catchTags", () => {
    const tags = [...read("src/AuthError.ts").matchAll(/^export class (\w+) extends/gm)].map(([, tag]) => tag)
    const handled = blocks("ts").flatMap((code) => /catchTags\(\{([\s\S]*)\}\)/.exec(code)?.[1] ?? [])
    const named = [...(handled[0] ?? "").matchAll(/^ {4}(\w+): \(/gm)].map(([, tag]) => tag)
    assert.strictEqual(handled.length, 1)
    assert.sameMembers(named, tags)
  })

  it("links to files that exist", () => {
    const links = [...readme.matchAll(/\]\(([^)]+)\)/g)].flatMap(([, link = ""]) =>
      /^https:/.test(link) ? [] : [link]
    )
    assert.isAbove(links.length, 5)
    assert.deepStrictEqual(
      links.filter((link) => !existsSync(root + link)),
      []
    )
  })

  it("names only scripts that package.json has", () => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts)
    const named = [...readme.matchAll(/npm run (\w+)/g)].map(([, name]) => name)
    assert.isAbove(named.length, 2)
    assert.includeMembers(scripts, [...named, "start", "test"])
  })

  it("lists every example", () => {
    const listed = [...readme.matchAll(/^\| \[([\w-]+)\]\(examples\/\1\.ts\)/gm)].map(([, name]) => `${name}.ts`)
    const commands = ["emulator.ts", "run.ts", "start.ts"]
    const files = readdirSync(`${root}examples`).filter((file) => file.endsWith(".ts") && !commands.includes(file))
    assert.sameMembers(listed, files)
  })

  it("names every variable of the environment that the library reads, and no other", () => {
    const variables = (text: string) => new Set(text.match(/THINGSPACE_\w+/g))
    const modules = readdirSync(`${root}src`).filter((file) => file.endsWith(".ts"))
    const known = variables(modules.map((file) => read(`src/${file}`)).join("\n"))
    assert.sameMembers([...variables(readme)], [...known, "THINGSPACE_ACCOUNT"])
  })

  it("gives the defaults that the library has", () => {
    const { baseUrl, origins, requestTimeout } = ThingSpaceConfig.ThingSpaceConfig.defaultValue()
    assert.include(readme, `| \`baseUrl\` | \`ThingSpaceConfig.layer\` | \`${baseUrl}\` |`)
    assert.include(readme, `| \`ThingSpaceConfig.layer\` | ${Duration.toSeconds(requestTimeout)} seconds |`)
    for (const origin of origins.keys()) assert.include(readme, `\`${origin}\``)
    assert.match(read("src/TokenSource.ts"), /refreshMargin \?\? Duration\.seconds\(60\)/)
    assert.include(readme, "`TokenSource.layer` | 60 seconds |")
    assert.match(read("src/SessionSource.ts"), /idleTimeout \?\? "20 minutes"/)
    assert.include(readme, "`SessionSource.layer` | 20 minutes |")
  })

  it("asks the emulator with the credentials and on the port that the emulator has", () => {
    const [line = ""] = blocks("sh").filter((code) => code.includes("curl"))
    const { appKey, appSecret } = ThingSpaceEmulator.defaults
    assert.include(line, `-u "${appKey}:${appSecret}"`)
    assert.include(line, "http://localhost:8787/api/ts/v1/oauth2/token")
    assert.match(read("examples/emulator.ts"), /"PORT"\), 8787/)
  })
})
