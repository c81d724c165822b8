import * as Predicate from "effect/Predicate"

/** What kind of error it is, as far as its kinds differ in what they hold. */
export const label = (error: unknown): string => {
  if (!Predicate.hasProperty(error, "_tag")) return String(error)
  const kind = Predicate.hasProperty(error, "reason")
    ? error.reason
    : Predicate.hasProperty(error, "credentials")
      ? error.credentials
      : ""
  return `${error._tag} ${kind}`.trim()
}
