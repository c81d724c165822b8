import { existsSync } from "node:fs"
import { join, resolve } from "node:path"
import { programs } from "./programs.js"
import type { Project } from "./project.js"

export interface Setting {
  readonly compiler: string
  readonly resolution: "bundler" | "nodenext"
  readonly skipLibCheck: boolean
}

/** Where a compiler is: among the user's packages, or this repository's own. */
const compilerAt = (project: Project, compiler: string): string => {
  const installed = join(project.folder, "node_modules", compiler, "bin/tsc")
  return existsSync(installed) ? installed : resolve("node_modules/typescript/bin/tsc")
}

/** Type-checks all programs as one setting of a user's compiler has it; what the compiler says. */
export const compile = async (project: Project, setting: Setting): Promise<ReadonlyArray<string>> => {
  const { compiler, resolution, skipLibCheck } = setting
  const all = programs()
  for (const { code, name } of all) project.write(`${name}.ts`, code)
  project.write(
    "tsconfig.json",
    JSON.stringify({
      compilerOptions: {
        noEmit: true,
        strict: true,
        exactOptionalPropertyTypes: true,
        target: "ES2022",
        module: resolution === "bundler" ? "ESNext" : "NodeNext",
        moduleResolution: resolution,
        types: [],
        skipLibCheck
      },
      files: all.map(({ name }) => `${name}.ts`)
    })
  )
  const { ok, output } = await project.run(process.execPath, [compilerAt(project, compiler), "-p", "."])
  return ok ? [] : [output]
}
