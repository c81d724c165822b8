import { readdirSync, readFileSync } from "node:fs"

/** Two paragraphs after the front matter that names this package: what changed, and why a user cares. */
const wellFormed =
  /^---\n"effect-thingspace-auth": (patch|minor|major)\n---\n\n[A-Z`].*(\n.+)*\.\n\n[A-Z`].*(\n.+)*\.\n$/

/** Changesets that `.changeset/README.md` would not have so, and a changelog that lags behind the version. */
export const changesets = (): ReadonlyArray<string> => {
  const { version } = JSON.parse(readFileSync("package.json", "utf8"))
  return [
    ...readdirSync(".changeset")
      .filter((file) => file.endsWith(".md") && file !== "README.md")
      .filter((file) => !wellFormed.test(readFileSync(`.changeset/${file}`, "utf8")))
      .map((file) => `.changeset/${file} is not what changed, then why a user cares, in a paragraph each`),
    ...(readFileSync("CHANGELOG.md", "utf8").includes(`\n## ${version}\n`) ? [] : [`CHANGELOG.md lacks ${version}`])
  ]
}
