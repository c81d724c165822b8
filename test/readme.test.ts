import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { ThingSpaceConfig, ThingSpaceEmulator } from "effect-thingspace-auth"
import { blocks, filesIn, read } from "./docs/pages.js"

const readme = read("README.md")

const programs = blocks("README.md", "ts")

describe("README", () => {
  it("opens with the program that is examples/quickstart.ts", () => {
    const program = read("examples/quickstart.ts").replace(/^\/\*\*[\s\S]*?\*\/\n/, "")
    assert.strictEqual(programs[0], program)
  })

  it("handles every kind of AuthError in its one catchTags", () => {
    const tags = [...read("src/AuthError.ts").matchAll(/^export class (\w+) extends/gm)].map(([, tag]) => tag)
    const handled = programs.flatMap((code) => /catchTags\(\{([\s\S]*)\}\)/.exec(code)?.[1] ?? [])
    const named = [...(handled[0] ?? "").matchAll(/^ {4}(\w+): \(/gm)].map(([, tag]) => tag)
    assert.strictEqual(handled.length, 1)
    assert.sameMembers(named, tags)
  })

  it("lists every example", () => {
    const listed = [...readme.matchAll(/^\| \[([\w-]+)\]\(examples\/\1\.ts\)/gm)].map(([, name]) => `${name}.ts`)
    const commands = ["run.ts", "start.ts"]
    const files = filesIn("examples", ".ts").filter((file) => !commands.includes(file))
    assert.sameMembers(listed, files)
  })

  it("names every variable of the environment that the library reads, and no other", () => {
    const variables = (text: string) => new Set(text.match(/THINGSPACE_\w+/g))
    const modules = filesIn("src", ".ts")
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

  it("installs the package with its peers, on the Node.js that the package asks for", () => {
    const { engines, name, peerDependencies, peerDependenciesMeta } = JSON.parse(read("package.json"))
    const needed = Object.keys(peerDependencies).filter((peer) => peerDependenciesMeta[peer]?.optional !== true)
    const [install = ""] = blocks("README.md", "sh")
    const words = install.trim().split(" ")
    assert.sameMembers(
      words.map((word) => word.replace(/@\d+$/, "")),
      ["npm", "install", name, ...needed]
    )
    // The newest effect is of the next major version.
    assert.include(words, `effect@${/\d+/.exec(peerDependencies.effect)?.[0]}`)
    assert.include(readme, `Node.js ${engines.node.replace(">=", "")} or newer`)
  })

  it("gives the bounds that the code has", () => {
    const sessions = read("src/SessionSource.ts")
    assert.match(sessions, /minimum: "1 second"/)
    assert.include(readme, "at least 1 second |")
    assert.match(sessions, /Effect\.timeout\("2 seconds"\)/)
    assert.include(readme, "within 2 seconds |")
    assert.match(read("src/internal/client/renewalBackoff.ts"), /const longest = 60_000\n/)
    assert.include(readme.replaceAll(/\s+/g, " "), "cost no renewal for a minute")
  })

  it("asks the emulator with the credentials and on the port that the emulator has", () => {
    const [line = ""] = blocks("README.md", "sh").filter((code) => code.includes("curl"))
    const { appKey, appSecret } = ThingSpaceEmulator.defaults
    assert.include(line, `-u "${appKey}:${appSecret}"`)
    assert.include(line, "http://localhost:8787/api/ts/v1/oauth2/token")
    assert.match(read("bin/emulator.ts"), /"PORT"\), 8787/)
  })
})
