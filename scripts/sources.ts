import { resolve } from "node:path"
import ts from "typescript"

/** The library's files, as `src/…` with forward slashes. */
export const sources: ReadonlyArray<string> = ts.sys
  .readDirectory("src", [".ts"])
  .map(
    (file) =>
      `src/${resolve(file)
        .slice(resolve("src").length + 1)
        .replaceAll("\\", "/")}`
  )
  .sort()

/** The names of the public modules, without `index`. */
export const publicModules: ReadonlyArray<string> = sources.flatMap((file) => {
  const name = /^src\/([^/]+)\.ts$/.exec(file)?.[1]
  return name === undefined || name === "index" ? [] : [name]
})

/** Those that need a package which most users do not install, and which `index` therefore leaves out. */
export const optionalModules: ReadonlyArray<string> = ["RedisCredentialStore"]
