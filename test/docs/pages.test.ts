import { existsSync } from "node:fs"
import { posix } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { blocks, filesIn, pages, read, syntaxErrors, typeErrors } from "./pages.js"

/** As GitHub makes an anchor of a heading. */
const anchors = (page: string): ReadonlyArray<string> =>
  [...read(page).matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replace(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-")
  )

const withoutCode = (text: string): string => text.replace(/^```[\s\S]*?^```$/gm, "").replace(/`[^`\n]*`/g, "")

const local = (page: string): ReadonlyArray<readonly [file: string, anchor: string | undefined]> =>
  [...withoutCode(read(page)).matchAll(/\]\(([^)\s]+)\)/g)].flatMap(([, link = ""]) => {
    if (/^https?:/.test(link)) return []
    const [path = "", anchor] = link.split("#")
    return [[path === "" ? page : posix.join(posix.dirname(page), path), anchor] as const]
  })

describe("the pages", () => {
  it("show programs that compile", { timeout: 120_000 }, () => {
    const programs = new Map<string, string>(
      pages.flatMap((page) =>
        blocks(page, "ts")
          // What imports another file is one of the examples, with which a test of its own compares it.
          .filter((code) => !code.includes('from "./'))
          .map((code, index) => [`${page.replace(/\W/g, "-")}-${index + 1}.ts`, code] as const)
      )
    )
    assert.isAbove(programs.size, 10)
    programs.set(
      "broken.ts",
      'import { ThingSpaceHttpClient } from "effect-thingspace-auth"\nThingSpaceHttpClient.layer({})\n'
    )
    const errors = typeErrors(programs)
    assert.strictEqual(errors.length, 1, errors.join("\n"))
    assert.include(errors[0], "broken.ts:2")
  })

  it.each(pages)("%s shows JavaScript that can be read", (page) => {
    for (const code of blocks(page, "js")) assert.deepStrictEqual(syntaxErrors(code), [])
  })

  it.each(pages)("%s links to files and headings that exist", (page) => {
    const links = local(page)
    assert.isAbove(links.length, 0)
    for (const [file, anchor] of links) {
      assert.isTrue(existsSync(file), `${page} links to ${file}`)
      if (anchor !== undefined) assert.include(anchors(file), anchor, `${page} links to ${file}`)
    }
  })

  it.each(pages.slice(1))("%s is linked from another page", (page) => {
    const elsewhere = pages.filter((other) => other !== page)
    assert.isTrue(elsewhere.some((other) => local(other).some(([file]) => file === page)))
  })

  it.each(pages)("%s names only commands that package.json has", (page) => {
    const scripts = Object.keys(JSON.parse(read("package.json")).scripts)
    const named = [...read(page).matchAll(/\bnpm (?:run ([\w:-]+)|(start|test|cit)\b)/g)].map(
      ([, run, own]) => run ?? own
    )
    // `npm cit` installs, and runs the tests.
    assert.includeMembers([...scripts, "cit"], named)
  })

  it.each(pages)("%s names only commands that the package has", (page) => {
    const usage = read("bin/main.ts")
    for (const [, name = ""] of read(page).matchAll(/\bnpx\s+effect-thingspace-auth (\w+)/g)) {
      assert.include(usage, `\n  ${name} `)
    }
  })

  it.each(pages)("%s names only scripts that exist, to be run by tsx", (page) => {
    for (const [, file = ""] of read(page).matchAll(/\bnpx tsx ((?:\w+\/)+[\w.-]+)/g)) {
      assert.isTrue(existsSync(file), `${page} names ${file}`)
    }
  })

  it.each(pages)("%s installs the major versions that the tests run with", (page) => {
    for (const [, words = ""] of read(page).matchAll(/\bnpm (?:install|i) ([^\n`]+)/g)) {
      for (const word of words
        .split(" ")
        .filter((word) => !word.startsWith("-") && word !== "effect-thingspace-auth")) {
        const [, name = "", major] = /^(@?[^@]+)(?:@(\d+))?$/.exec(word) ?? []
        const { version } = JSON.parse(read(`node_modules/${name}/package.json`))
        assert.strictEqual(major, /^\d+/.exec(version)?.[0], `${page} installs ${word}`)
      }
    }
  })

  it.each(pages)("%s names only examples that exist", (page) => {
    for (const [, name = ""] of read(page).matchAll(/npm run example -- ([\w-]+)/g)) {
      if (name !== "NAME") assert.isTrue(existsSync(`examples/${name}.ts`), name)
    }
  })

  it.each(pages)("%s names only files of the repository in its code", (page) => {
    for (const [, file = ""] of read(page).matchAll(/`((?:src|examples|scripts|test|docs)\/[\w./-]+\.\w+)`/g)) {
      assert.isTrue(existsSync(file), `${page} names ${file}`)
    }
  })

  it.each(pages)(
    "%s names only variables of the environment that the library, a command or an example reads",
    (page) => {
      const variables = (text: string) => text.match(/\bTHINGSPACE_\w+/g) ?? []
      const readers = ["src", "examples", "bin"].flatMap((folder) =>
        filesIn(folder, ".ts").map((file) => `${folder}/${file}`)
      )
      const known = readers.flatMap((file) => variables(read(file)))
      for (const name of variables(read(page))) assert.include(known, name)
    }
  )
})
