import { readFileSync } from "node:fs"

interface Locked {
  readonly resolved?: string
  readonly integrity?: string
  readonly dependencies?: Readonly<Record<string, string>>
  readonly optionalDependencies?: Readonly<Record<string, string>>
}

/** Where Node looks for a package on behalf of one that is installed at `path`. */
const places = (path: string, name: string): ReadonlyArray<string> => {
  const own = path === "" ? `node_modules/${name}` : `${path}/node_modules/${name}`
  const parent = path.slice(0, Math.max(0, path.lastIndexOf("/node_modules/")))
  return path === "" ? [own] : [own, ...places(parent, name)]
}

/** What `npm ci` would have to guess on some platform, or fetch from a host that this machine happened to use. */
export const complete = (): ReadonlyArray<string> => {
  const { packages } = JSON.parse(readFileSync("package-lock.json", "utf8")) as { packages: Record<string, Locked> }
  return Object.entries(packages).flatMap(([path, locked]) => [
    ...(locked.resolved === undefined ? [] : [`${path} names a host`]),
    ...(path === "" || locked.integrity !== undefined ? [] : [`${path} has no integrity`]),
    ...Object.keys({ ...locked.dependencies, ...locked.optionalDependencies })
      .filter((name) => places(path, name).every((place) => packages[place] === undefined))
      .map((name) => `${path || "the project"} needs ${name}, which is not listed`)
  ])
}
