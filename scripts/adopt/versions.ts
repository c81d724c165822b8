/**
 * What the package is tried with.
 */
import { readFileSync } from "node:fs"

const manifest = JSON.parse(readFileSync("package.json", "utf8"))

const pair = (effect: string, platform: string) => ({ effect, "@effect/platform": platform })

/** The lowest versions that the peer range allows. */
export const lowest = pair("3.22.0", "0.97.0")

/** The versions that this repository is developed with. */
export const highest = pair(manifest.devDependencies.effect, manifest.devDependencies["@effect/platform"])

/**
 * What the test suite needs besides, in versions of the same age as `lowest`.
 */
export const lowestCompanions = {
  "@effect/opentelemetry": "0.64.1",
  "@effect/platform-node": "0.108.2",
  "@effect/vitest": "0.30.0"
}

/** Peer ranges, or the oldest Node.js, that `package.json` and these versions state differently. */
export const disagreements = (): ReadonlyArray<string> => {
  const { effect, "@effect/platform": platform } = manifest.peerDependencies
  return [
    ...(effect === `^${lowest.effect}` ? [] : [`the peer range of effect is ${effect}, tried from ${lowest.effect}`]),
    ...(platform === `>=${lowest["@effect/platform"]} <1`
      ? []
      : [`the peer range of @effect/platform is ${platform}, tried from ${lowest["@effect/platform"]}`]),
    ...(readFileSync("README.md", "utf8").includes(`\`effect\` ${lowest.effect} or newer`)
      ? []
      : [`README.md does not say "\`effect\` ${lowest.effect} or newer"`])
  ]
}

/** Compilers by the name under which they are installed. */
export const compilers = {
  "typescript-5.9": "npm:typescript@5.9.3",
  "typescript-6": "npm:typescript@6.0.3",
  "typescript-7": "npm:typescript@7.0.2"
}

const { arch, platform } = process
const libc = platform === "linux" ? "-glibc" : ""

export interface Runtime {
  /** Under this name it is installed, without its install scripts, which only move the binary. */
  readonly name: string
  readonly specifier: string
  readonly binary: string
  readonly args: ReadonlyArray<string>
}

const node = (major: number, version: string): Runtime => ({
  name: `node-${major}`,
  specifier: `npm:node-${platform === "win32" ? "win" : platform}-${arch}@${version}`,
  binary: platform === "win32" ? "bin/node.exe" : "bin/node",
  args: []
})

/** What the npm registry's packages `node`, `bun` and `deno` bring on a machine of this kind. */
export const runtimes: ReadonlyArray<Runtime> = [
  node(20, "20.20.2"),
  node(22, "22.23.3"),
  node(24, "24.21.0"),
  {
    name: "bun",
    specifier: `npm:@oven/bun-${platform === "win32" ? "windows" : platform}-${arch === "arm64" ? "aarch64" : arch}@1.4.5`,
    binary: platform === "win32" ? "bin/bun.exe" : "bin/bun",
    args: []
  },
  {
    name: "deno",
    specifier: `npm:@deno/${platform}-${arch}${libc}@2.9.6`,
    binary: platform === "win32" ? "deno.exe" : "deno",
    args: ["run", "--allow-all"]
  }
]
