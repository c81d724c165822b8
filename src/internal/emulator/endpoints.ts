import { products } from "./products.js"

/**
 * One row of the table of what the emulator serves.
 *
 * @since 0.2.0
 * @category models
 */
export interface Endpoint {
  /** The methods it takes, or `any`. */
  readonly method: string
  /** The path; `{name}` stands for one segment, `*` for any text. */
  readonly path: string
  /** What it asks for. */
  readonly credentials: "key and secret" | "none" | "access token" | "access token and session"
  /** What it answers, or does. */
  readonly summary: string
  /**
   * Where its answer is known from: a page of Verizon's, the documentation of the generated SDKs, or nowhere, which
   * makes it the emulator's own.
   */
  readonly source: "documented" | "reported" | "invented"
}

const credentials = { none: "none", bearer: "access token", both: "access token and session" } as const

const oauth = (name: string, summary: string): Endpoint => ({
  method: "POST",
  path: `/api/ts/v1/oauth2/${name}`,
  credentials: "key and secret",
  summary,
  source: "documented"
})

/**
 * What the emulator serves; the first row that fits a request answers it.
 *
 * @since 0.2.0
 * @category models
 */
export const endpoints: ReadonlyArray<Endpoint> = [
  oauth("token", "issues the access token, the same for an hour"),
  oauth("revoke", "revokes the access token"),
  ...products.flatMap(({ context, resources }) =>
    resources.map(
      (one): Endpoint => ({
        method: one.methods.length === 0 ? "any" : one.methods.join(", "),
        path: `/api${context}${one.path}`,
        credentials: credentials[one.credentials],
        summary: one.summary,
        source: one.source
      })
    )
  )
]
