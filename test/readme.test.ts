import { assert, describe, it } from "@effect/vitest"
import { blocks, pages, read } from "./docs/pages.js"

const readme = read("README.md")

const programs = blocks("README.md", "ts")

describe("README", () => {
  it("opens with the program that is examples/quickstart.ts", () => {
    const program = read("examples/quickstart.ts").replace(/^\/\*\*[\s\S]*?\*\/\n/, "")
    assert.strictEqual(programs[0], program)
  })

  it("is at most 160 lines long", () => {
    assert.isAtMost(readme.trimEnd().split("\n").length, 160)
  })

  it("links to every page", () => {
    for (const page of pages.slice(1)) assert.include(readme, `](${page}`)
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
})
