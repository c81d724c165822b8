/**
 * A user's project: an empty folder outside the repository, with the packed package in it.
 */
import { execFile, execFileSync } from "node:child_process"
import { mkdirSync, readFileSync, writeFileSync } from "node:fs"
import { dirname, join } from "node:path"

export interface Outcome {
  readonly ok: boolean
  readonly output: string
}

export interface Project {
  readonly folder: string
  readonly write: (path: string, text: string) => void
  readonly run: (
    command: string,
    args: ReadonlyArray<string>,
    environment?: Readonly<Record<string, string>>
  ) => Promise<Outcome>
}

const name: string = JSON.parse(readFileSync("package.json", "utf8")).name

/** Packs what would be published, and says where. */
export const pack = (folder: string): string => {
  const [{ filename }] = JSON.parse(
    execFileSync("npm", ["pack", "--json", "--pack-destination", folder], {
      encoding: "utf8",
      stdio: ["ignore", "pipe", "ignore"]
    })
  )
  return join(folder, filename)
}

export const make = (folder: string): Project => {
  const project: Project = {
    folder,
    write: (path, text) => {
      mkdirSync(dirname(join(folder, path)), { recursive: true })
      writeFileSync(join(folder, path), text)
    },
    run: (command, args, environment) =>
      new Promise((resolve) => {
        const options = { cwd: folder, env: { ...process.env, ...environment }, timeout: 300_000 }
        execFile(command, args, options, (error, stdout, stderr) =>
          resolve({ ok: error === null, output: `${stdout}${stderr}`.trim() })
        )
      })
  }
  project.write("package.json", JSON.stringify({ name: "user", private: true, type: "module" }))
  return project
}

/** Installs as a user does, peer ranges in force; install scripts have no part in what is tried. */
export const install = (
  project: Project,
  tarball: string,
  dependencies: Readonly<Record<string, string>>
): Promise<Outcome> =>
  project.run("npm", [
    "install",
    "--prefer-offline",
    "--strict-peer-deps",
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
    `${name}@file:${tarball}`,
    ...Object.entries(dependencies).map(([dependency, version]) => `${dependency}@${version}`)
  ])
