import { existsSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { escape } from "effect/RegExp"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { type Program, quickstart, story, tryIt, writeJavaScript } from "./programs.js"
import type { Project } from "./project.js"
import type { Runtime } from "./versions.js"

/** The Node.js that runs this. */
export const here: Runtime = {
  name: `node ${process.versions.node}`,
  specifier: "",
  binary: process.execPath,
  args: []
}

const { account, appKey, appSecret, password, username } = ThingSpaceEmulator.defaults

/** Runs `use` while the emulator listens on a free port, with the environment that leads there. */
export const withEmulator = (use: (environment: Readonly<Record<string, string>>) => Promise<void>): Promise<void> =>
  HttpServer.addressFormattedWith((url) =>
    Effect.promise(() =>
      use({
        THINGSPACE_BASE_URL: url,
        THINGSPACE_APP_KEY: appKey,
        THINGSPACE_APP_SECRET: appSecret,
        THINGSPACE_UWS_USERNAME: username,
        THINGSPACE_UWS_PASSWORD: password,
        THINGSPACE_ACCOUNT: account
      })
    )
  ).pipe(
    Effect.provide(
      Layer.provideMerge(ThingSpaceEmulator.serve(), NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
    ),
    Effect.runPromise
  )

const binaryOf = (project: Project, { binary, name }: Runtime): string =>
  name === here.name ? binary : join(project.folder, "node_modules", name, binary)

export const available = (project: Project, runtime: Runtime): boolean => existsSync(binaryOf(project, runtime))

/** What a page leaves out of what is printed, it shows as `…`. */
const matches = (expected: string, output: string): boolean =>
  new RegExp(`^${expected.split(/ ?… ?/).map(escape).join(".*")}$`).test(output)

const differs = (what: string, expected: string, { ok, output }: { readonly ok: boolean; readonly output: string }) =>
  ok && matches(expected, output) ? [] : [`${what} was to print\n${expected}\nand printed\n${output}`]

/** Token and login, call, then two refusals and what heals them: 4 + 4 requests. */
const told = "200, 200, 8 exchanges"

/** Runs a program that is one file of the project. */
export const tell = async (project: Project, runtime: Runtime, file: string): Promise<ReadonlyArray<string>> =>
  differs(file, told, await project.run(binaryOf(project, runtime), [...runtime.args, file]))

/** Runs the story, the README's program to try, and its first one against an emulator that listens on a port. */
export const runs = async (
  project: Project,
  runtime: Runtime,
  environment: Readonly<Record<string, string>>
): Promise<ReadonlyArray<string>> => {
  const run = (program: Program) =>
    project.run(binaryOf(project, runtime), [...runtime.args, writeJavaScript(project, program)], environment)
  const trial = tryIt()
  return [
    ...(await tell(project, runtime, writeJavaScript(project, story()))),
    ...differs("The program to try", trial.prints, await run(trial)),
    ...differs("The quickstart", `${account} is Emulated Organization, with Verizon Wireless`, await run(quickstart()))
  ]
}
