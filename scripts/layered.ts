import { readFileSync } from "node:fs"
import { posix } from "node:path"
import ts from "typescript"
import { publicModules, sources } from "./sources.js"

/**
 * The floors as CONTRIBUTING.md draws them, from the ground up: each holds public modules, by name, and folders of
 * `src/internal`, with a slash. Rooms that a bar separates stand side by side and do not know each other.
 */
const picture = /^```floors\n([\s\S]*?)^```$/m.exec(readFileSync("CONTRIBUTING.md", "utf8"))?.[1] ?? ""

const floors: ReadonlyArray<ReadonlyArray<ReadonlyArray<string>>> = picture
  .split("\n")
  .map((line) => line.replace(/ {2,}\S.*$/, "").trim())
  .filter((line) => line !== "")
  .map((line) => line.split("|").map((rooms) => rooms.trim().split(/ +/)))
  .reverse()

const importsOf = (file: string): ReadonlyArray<string> =>
  ts
    .preProcessFile(readFileSync(file, "utf8"))
    .importedFiles.filter(({ fileName }) => fileName.startsWith("."))
    .map(({ fileName }) => posix.join(posix.dirname(file), fileName).replace(/\.js$/, ".ts"))

const imports: ReadonlyMap<string, ReadonlyArray<string>> = new Map(sources.map((file) => [file, importsOf(file)]))
const importedBy = (file: string): ReadonlyArray<string> => imports.get(file) ?? []

/** `TokenSource` for a public module, `client/` for what stands in `src/internal/client`. */
const roomOf = (file: string): string => {
  const folder = /^src\/internal\/([^/]+)\//.exec(file)?.[1]
  return folder === undefined ? posix.basename(file, ".ts") : `${folder}/`
}

const floorOf = (room: string): number => floors.findIndex((sides) => sides.some((rooms) => rooms.includes(room)))

/** What imports nothing of ours, itself or by what it imports of its own room, stands on the ground. */
const isOnGround = (file: string): boolean =>
  importedBy(file).every((imported) => roomOf(imported) === roomOf(file) && isOnGround(imported))

const heightOf = (file: string): number => (isOnGround(file) ? 0 : floorOf(roomOf(file)))

const areApart = (one: string, other: string): boolean =>
  one !== other &&
  floors.some(
    (sides) =>
      sides.some((rooms) => rooms.includes(one) && !rooms.includes(other)) &&
      sides.some((rooms) => rooms.includes(other) && !rooms.includes(one))
  )

const isEmulator = (file: string): boolean => /^src\/(ThingSpaceEmulator\.ts|internal\/emulator\/)/.test(file)

const misplaced = (file: string): ReadonlyArray<string> =>
  importedBy(file)
    .filter(
      (imported) =>
        imported === "src/index.ts" ||
        isEmulator(imported) !== isEmulator(file) ||
        heightOf(imported) > floorOf(roomOf(file)) ||
        (areApart(roomOf(file), roomOf(imported)) && !isOnGround(imported))
    )
    .map((imported) => `${file} must not import ${imported}, which stands higher or apart`)

/** Circles of files, each told once, from its first file on. */
const circles = (): ReadonlyArray<string> => {
  const settled = new Set<string>()
  const found: Array<string> = []
  const visit = (file: string, path: ReadonlyArray<string>): void => {
    if (path.includes(file)) {
      found.push(`A circle: ${[...path.slice(path.indexOf(file)), file].join(" -> ")}`)
      return
    }
    if (settled.has(file)) return
    for (const imported of importedBy(file)) visit(imported, [...path, file])
    settled.add(file)
  }
  for (const file of sources) visit(file, [])
  return found
}

/** Imports that point the wrong way, type imports included. */
export const layered = (): ReadonlyArray<string> => [
  ...[...publicModules, ...sources.filter((file) => file.includes("/internal/")).map(roomOf)]
    .filter((room, at, rooms) => rooms.indexOf(room) === at && floorOf(room) < 0)
    .map((room) => `${room} stands on no floor of the picture in CONTRIBUTING.md`),
  ...sources.filter((file) => file !== "src/index.ts").flatMap(misplaced),
  ...circles()
]
