import { execSync, spawnSync } from "node:child_process"
import { publicModules } from "./sources.js"

/** What the published package holds too much or too little. */
export const packed = (): ReadonlyArray<string> => {
  const [report] = JSON.parse(
    execSync("npm pack --dry-run --json", { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] })
  )
  const files: ReadonlyArray<string> = report.files.map(({ path }: { readonly path: string }) => path)
  const needed = [
    "LICENSE",
    "README.md",
    "CHANGELOG.md",
    "package.json",
    ...["index", ...publicModules].flatMap((name) => [`dist/${name}.js`, `dist/${name}.d.ts`, `src/${name}.ts`])
  ]
  return [
    ...needed.filter((file) => !files.includes(file)).map((file) => `${file} is missing`),
    ...files
      .filter((file) => !/^(dist|src)\//.test(file) && !needed.includes(file))
      .concat(files.filter((file) => /\.test\.|(^|\/)(test|fixtures)\//.test(file)))
      .map((file) => `${file} does not belong into the package`)
  ]
}

const imports = (name: string, stderr: "inherit" | "ignore"): boolean =>
  spawnSync(process.execPath, ["--input-type=module", "--eval", `import "${name}"`], {
    stdio: ["ignore", "ignore", stderr]
  }).status === 0

/** Names under which a user cannot import what they should, or can import what they should not. */
export const importable = (): ReadonlyArray<string> => {
  const name = "effect-thingspace-auth"
  return [
    ...[name, ...publicModules.map((module) => `${name}/${module}`)]
      .filter((path) => !imports(path, "inherit"))
      .map((path) => `${path} cannot be imported`),
    ...(imports(`${name}/internal/endpoint/send`, "ignore") ? [`${name}/internal/* can be imported`] : [])
  ]
}
