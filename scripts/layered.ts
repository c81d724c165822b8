import { readFileSync } from "node:fs"
import { posix } from "node:path"
import ts from "typescript"
import { publicModules, sources } from "./sources.js"

/**
 * A public module may reach, itself or through internal modules, its own row and those before it. So an internal module
 * stands where its highest use allows; that no import is circular, the linter sees to.
 */
const layers: ReadonlyArray<ReadonlyArray<string>> = [
  ["AccessToken", "AuthError", "CredentialStore", "Credentials", "Rejection", "SessionToken", "ThingSpaceConfig"],
  ["RedisCredentialStore"],
  ["OAuthClient", "SessionClient"],
  ["LoginGuard", "SessionSource", "TokenSource"],
  ["ThingSpaceHttpClient", "ThingSpaceTransport"]
]

const layerOf = (name: string): number => layers.findIndex((layer) => layer.includes(name))
const nameOf = (file: string): string => posix.basename(file, ".ts")
const isPublic = (file: string): boolean => posix.dirname(file) === "src"
const isEmulator = (file: string): boolean => /^src\/(ThingSpaceEmulator\.ts|internal\/emulator\/)/.test(file)

const importsOf = (file: string): ReadonlyArray<string> =>
  ts
    .preProcessFile(readFileSync(file, "utf8"))
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => posix.join(posix.dirname(file), fileName).replace(/\.js$/, ".ts"))

/** What a file imports, and what the internal modules among that import in turn. */
const reach = (file: string, seen: Set<string> = new Set()): ReadonlySet<string> => {
  for (const imported of importsOf(file)) {
    if (!seen.has(imported)) {
      seen.add(imported)
      if (!isPublic(imported)) {
        reach(imported, seen)
      }
    }
  }
  return seen
}

/** Imports that point the wrong way. */
export const layered = (): ReadonlyArray<string> => [
  ...publicModules
    .filter((name) => name !== "ThingSpaceEmulator" && layerOf(name) < 0)
    .map((name) => `src/${name}.ts stands in no layer of scripts/layered.ts`),
  ...sources
    .filter((file) => file !== "src/index.ts")
    .flatMap((file) =>
      importsOf(file)
        .filter((imported) => imported === "src/index.ts" || isEmulator(imported) !== isEmulator(file))
        .map((imported) => `${file} must not import ${imported}`)
    ),
  ...sources
    .filter((file) => isPublic(file) && layerOf(nameOf(file)) >= 0)
    .flatMap((file) =>
      [...reach(file)]
        .filter((reached) => isPublic(reached) && layerOf(nameOf(reached)) > layerOf(nameOf(file)))
        .map((reached) => `${file} must not reach ${reached}, which stands after it in scripts/layered.ts`)
    )
]
