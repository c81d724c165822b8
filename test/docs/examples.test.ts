import { assert, describe, it } from "@effect/vitest"
import { codes, filesIn, read, rows } from "./pages.js"

const page = "docs/examples.md"

describe("docs/examples.md", () => {
  it("lists every example", () => {
    const listed = [...read(page).matchAll(/^\| \[([\w-]+)\]\(\.\.\/examples\/\1\.ts\)/gm)].map(
      ([, name]) => `${name}.ts`
    )
    const commands = ["run.ts", "start.ts"]
    const files = filesIn("examples", ".ts").filter((file) => !commands.includes(file))
    assert.sameMembers(listed, files)
  })

  it("shows the timeline with every step that npm start takes", () => {
    const picture = read("docs/pictures/timeline.svg")
    const steps = ["steps", "chapters"].flatMap((file) => [
      ...read(`examples/internal/${file}.ts`).matchAll(/^ {4}means:\s*"([^"]{40})/gm)
    ])
    assert.isAbove(steps.length, 8)
    for (const [, means = ""] of steps) assert.include(picture, `>${means}`)
  })

  it("lists every command of the package", () => {
    const usage = [...read("bin/main.ts").matchAll(/^ {2}(\w+)(?: [A-Z]+)? {2,}/gm)].map(([, command]) => command)
    const listed = rows(page, "Commands")
      .slice(1)
      .map(([cell = ""]) => codes(cell)[0]?.split(" ")[2])
    assert.isAbove(usage.length, 2)
    assert.sameMembers(listed, usage)
  })
})
