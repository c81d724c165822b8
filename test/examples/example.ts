import { spawn } from "node:child_process"
import { fileURLToPath } from "node:url"
import { assert } from "@effect/vitest"
import { defaults } from "effect-thingspace-auth/ThingSpaceEmulator"

const root = fileURLToPath(new URL("../..", import.meta.url))

export interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** What a machine has on which nobody has configured anything. */
const bareEnvironment = Object.fromEntries(
  Object.entries(process.env).filter(([name]) => /^(PATH|SYSTEMROOT|TEMP|TMP)$/i.test(name))
)

/** Runs a program of the repository, piped. */
export const outcome = (
  args: ReadonlyArray<string>,
  environment: Readonly<Record<string, string>> = {}
): Promise<Outcome> => {
  const child = spawn(process.execPath, ["--import", "tsx", ...args], {
    cwd: root,
    env: { ...bareEnvironment, ...environment },
    stdio: ["ignore", "pipe", "pipe"]
  })
  const read = (stream: NodeJS.ReadableStream) => {
    const chunks: Array<string> = []
    stream.setEncoding("utf8").on("data", (chunk: string) => chunks.push(chunk))
    return chunks
  }
  const stdout = read(child.stdout)
  const stderr = read(child.stderr)
  return new Promise((resolve, reject) => {
    child.on("error", reject)
    child.on("close", (code) => resolve({ code, stdout: stdout.join(""), stderr: stderr.join("") }))
  })
}

/** Runs `npm run example -- NAME` as npm does, piped. */
export const run = (name: string | undefined, environment?: Readonly<Record<string, string>>): Promise<Outcome> =>
  outcome(["examples/run.ts", ...(name === undefined ? [] : [name])], environment)

const warning = /^timestamp=\S+ level=WARN .*$/

/** A GUID, 32 hexadecimal digits, or what follows the name of a scheme: the forms of the emulator's tokens. */
const token = /[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}|[0-9a-f]{32}|(Basic|Bearer) [\w+/]/i

const { appKey, appSecret, password, simulatorToken } = defaults

/** Runs an example that must succeed in silence on the error stream, and hands over its lines and its warnings. */
export const succeed = async (name: string) => {
  const { code, stderr, stdout } = await run(name)
  assert.strictEqual(stderr, "")
  assert.strictEqual(code, 0)
  for (const secret of [appKey, appSecret, password, simulatorToken]) assert.notInclude(stdout, secret)
  assert.notMatch(stdout, token)
  const lines = stdout.trimEnd().split("\n")
  return {
    lines: lines.filter((line) => !warning.test(line)),
    warnings: lines.filter((line) => warning.test(line))
  }
}
