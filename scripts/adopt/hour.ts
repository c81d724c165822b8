/**
 * A new user's hour: an empty folder, the packed package, and what its pages say to do. Prints the transcript.
 */
import { type ChildProcess, spawn } from "node:child_process"
import { readFileSync } from "node:fs"
import { createServer } from "node:net"
import { join } from "node:path"
import { createInterface } from "node:readline"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { build } from "esbuild"
import { Miniflare } from "miniflare"
import ts from "typescript"
import type { Outcome, Project } from "./project.js"

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

const variables = (baseUrl: string) => ({
  THINGSPACE_BASE_URL: baseUrl,
  THINGSPACE_APP_KEY: appKey,
  THINGSPACE_APP_SECRET: appSecret,
  THINGSPACE_UWS_USERNAME: username,
  THINGSPACE_UWS_PASSWORD: password,
  THINGSPACE_ACCOUNT: account
})

const told = (text: string): void => console.log(text.replace(/^/gm, "  | "))

const freePort = (): Promise<number> =>
  new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      server.close(() => resolve(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

/** The emulator of the package, once it listens. */
const emulator = (project: Project, port: number): Promise<ChildProcess> =>
  new Promise((resolve, reject) => {
    const command = join("node_modules", "effect-thingspace-auth", "dist", "bin", "main.js")
    const child = spawn(process.execPath, [command, "emulator"], {
      cwd: project.folder,
      env: { ...process.env, PORT: `${port}` },
      stdio: ["ignore", "pipe", "inherit"]
    })
    child.once("exit", (code) => reject(new Error(`the emulator ended with ${code}`)))
    createInterface(child.stdout).on("line", (line) => {
      if (line.includes("base URL")) told(line)
      if (line.includes("Ctrl-C ends")) resolve(child)
    })
  })

const examples = ["internal/ownFetch", "openapi-fetch", "axios", "generated-sdk"]

/** Writes an example as a user has it, in a project whose modules are ESM. */
const write = (project: Project, name: string): void => {
  const code = readFileSync(`examples/${name}.ts`, "utf8")
  const { outputText } = ts.transpileModule(code, {
    compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022, verbatimModuleSyntax: true }
  })
  project.write(`${name}.js`, outputText)
}

/** The Durable Object of the examples, over the packed package, before and after callers gave up during a renewal. */
const inWorkerd = async (project: Project, port: number): Promise<ReadonlyArray<string>> => {
  for (const name of ["workers/account", "workers/durable-object"]) write(project, name)
  const { outputFiles } = await build({
    absWorkingDir: project.folder,
    entryPoints: ["workers/durable-object.js"],
    bundle: true,
    write: false,
    format: "esm",
    conditions: ["workerd", "worker"],
    logLevel: "error"
  })
  const workerd = new Miniflare({
    modules: true,
    script: outputFiles[0]?.text ?? "",
    host: "127.0.0.1",
    port: 0,
    compatibilityDate: "2026-04-01",
    durableObjects: { THINGSPACE: "ThingSpace" },
    bindings: variables(`http://127.0.0.1:${port}`)
  })
  try {
    const url = new URL(`/${account}`, await workerd.ready)
    const calls = (signal: AbortSignal | null) =>
      Promise.all(
        Array.from({ length: 3 }, () =>
          fetch(url, { signal }).then(
            ({ status }) => `${status}`,
            () => "given up"
          )
        )
      )
    const given = await calls(AbortSignal.timeout(1))
    const after = await calls(null)
    told(`callers that gave up: ${given.join(", ")}; after them: ${after.join(", ")}`)
    return after.every((status) => status === "200") ? [] : [`after callers gave up: ${after.join(", ")}`]
  } finally {
    await workerd.dispose()
  }
}

/** What a new user meets that is not as the pages say. */
export const hour = async (project: Project, tarball: string): Promise<ReadonlyArray<string>> => {
  const problems: Array<string> = []
  const run = async (
    line: string,
    expected: (outcome: Outcome) => boolean,
    environment?: Readonly<Record<string, string>>
  ): Promise<void> => {
    console.log(`  $ ${line}`)
    const [command = "", ...words] = line.split(" ")
    const args = words.map((word) => (word === "effect-thingspace-auth" && words[0] === "install" ? tarball : word))
    const outcome = await project.run(command, args, environment)
    told(outcome.output)
    if (!expected(outcome)) problems.push(`${line} was not to print\n${outcome.output}`)
  }
  const succeeds = ({ ok }: Outcome) => ok
  const healed = ({ ok, output }: Outcome) => ok && output.includes("token requests: 2, logins: 2")
  const quietly = "--prefer-offline --ignore-scripts --no-audit --no-fund"

  await run(`npm install effect-thingspace-auth effect@3 @effect/platform@0 ${quietly}`, succeeds)
  await run("npx --no-install effect-thingspace-auth doctor", ({ ok, output }) => !ok && /✗ configuration/.test(output))
  await run(
    "npx --no-install effect-thingspace-auth emulator",
    ({ ok, output }) => !ok && output.includes("npm install @effect/platform-node@0")
  )
  await run(`npm install @effect/platform-node@0 ${quietly}`, succeeds)

  const port = await freePort()
  console.log("  $ npx effect-thingspace-auth emulator")
  const platform = await emulator(project, port)
  try {
    await run(
      "npx --no-install effect-thingspace-auth doctor",
      ({ ok, output }) => ok && output.includes("All is well."),
      variables(`http://127.0.0.1:${port}`)
    )
    await run(`npm install openapi-fetch axios @apimatic/axios-client-adapter ${quietly}`, succeeds)
    for (const name of examples) write(project, name)
    for (const name of examples.slice(1)) await run(`node ${name}.js`, healed)
    console.log("  a Durable Object in workerd")
    problems.push(...(await inWorkerd(project, port)))
  } finally {
    platform.kill()
  }
  return problems
}
