/** The terminal shows no secret however a program in a process of its own ends. */
import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import * as Schema from "effect/Schema"
import { search } from "./search.js"

const Marks = Schema.decodeUnknownSync(
  Schema.parseJson(Schema.Array(Schema.Struct({ name: Schema.String, secret: Schema.String })))
)

const text = (stream: NodeJS.ReadableStream | null | undefined): Promise<string> =>
  new Promise((resolve, reject) => {
    if (!stream) return resolve("")
    const chunks: Array<string> = []
    stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk))
    stream.on("end", () => resolve(chunks.join("")))
    stream.on("error", reject)
  })

/** Runs a program that fails in this way, and gives what its terminal has shown and what it should not. */
const run = async (way: string, options: ReadonlyArray<string>) => {
  const program = fileURLToPath(new URL("program.ts", import.meta.url))
  const child = spawn(process.execPath, [...options, "--import", "tsx", program, way], {
    cwd: fileURLToPath(new URL("../..", import.meta.url)),
    stdio: ["ignore", "pipe", "pipe", "pipe"]
  })
  const pipe = child.stdio[3]
  const marks = text(pipe !== null && pipe !== undefined && "setEncoding" in pipe ? pipe : undefined)
  const ended = new Promise<number | null>((resolve, reject) => child.on("close", resolve).on("error", reject))
  const [stdout, stderr, told, code] = await Promise.all([text(child.stdout), text(child.stderr), marks, ended])
  const lines = told.split("\n").filter((line) => line !== "")
  return {
    code,
    shown: stdout + stderr,
    marks: lines.flatMap((line) => Marks(line))
  }
}

const failures = /OAuthError|SessionError|EndpointError|LoginBlocked|RequestError|ResponseError|Fiber/g

interface Way {
  readonly options?: ReadonlyArray<string>
  /** How many different kinds of failure it shows at least. */
  readonly kinds: number
  readonly code: number
}

const ways: Readonly<Record<string, Way>> = {
  rejections: { options: ["--unhandled-rejections=warn"], kinds: 5, code: 0 },
  "a rejection": { kinds: 1, code: 1 },
  "a rejected response": { kinds: 1, code: 1 },
  "the main program": { kinds: 5, code: 1 },
  "the main program, logging as usual": { kinds: 5, code: 1 },
  fibers: { kinds: 5, code: 0 },
  "a program that cannot be run at once": { kinds: 1, code: 1 },
  "a callback": { kinds: 5, code: 0 },
  "an exception": { kinds: 1, code: 1 },
  printing: { kinds: 5, code: 0 }
}

describe("the terminal of a program in a process of its own", () => {
  it.each(Object.entries(ways))("shows no secret in the case of %s", async (way, { code, kinds, options = [] }) => {
    const outcome = await run(way, options)
    assert.isAtLeast(outcome.marks.length, 3)
    assert.isAtLeast(new Set(outcome.shown.match(failures)).size, kinds, outcome.shown.slice(0, 2000))
    const findings = search([{ source: way, text: outcome.shown }], outcome.marks)
    assert.deepStrictEqual(findings, [])
    assert.strictEqual(outcome.code, code)
  })
  it("is searched: a secret that a program prints is found", async () => {
    const { marks, shown } = await run("what it must not show", [])
    assert.lengthOf(search([{ source: "terminal", text: shown }], marks), 1)
  })
})
