#!/usr/bin/env node
/**
 * The commands of the package: `npx effect-thingspace-auth emulator | doctor | reset USER`.
 */
const usage = `npx effect-thingspace-auth COMMAND

  emulator        the platform on port 8787, or PORT, with dummy credentials
  doctor          what keeps your credentials from opening your account; --json for programs
  reset USER      forgets in the store of THINGSPACE_REDIS_URL that logins of the user were refused
`

/** The command's package, if it is one that the commands need beyond the peers. */
const needed: Readonly<Record<string, string>> = {
  "@effect/platform-node": "@effect/platform-node@0",
  redis: "redis@6"
}

const missing = (error: unknown): string | undefined => {
  if (!(error instanceof Error && "code" in error && error.code === "ERR_MODULE_NOT_FOUND")) return undefined
  const name = /Cannot find (?:package|module) '((?:@[^/']+\/)?[^/']+)/.exec(error.message)?.[1]
  return name === undefined ? undefined : needed[name]
}

const start = async (command: string | undefined, options: ReadonlyArray<string>): Promise<void> => {
  if (command === "emulator" && options.length === 0) return (await import("./emulator.js")).run()
  if (command === "doctor" && options.every((option) => option === "--json")) {
    return (await import("./doctor.js")).run(options)
  }
  const [user, ...more] = options
  if (command === "reset" && user !== undefined && more.length === 0) return (await import("./reset.js")).run(user)
  console.error(usage)
  process.exitCode = 1
}

const [command, ...options] = process.argv.slice(2)

try {
  await start(command, options)
} catch (error) {
  const specifier = missing(error)
  if (specifier === undefined) throw error
  console.error(`${command} needs a package that is not installed: npm install ${specifier}`)
  process.exitCode = 1
}
