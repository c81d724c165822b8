import { assert, describe, it } from "@effect/vitest"
import { AuthError } from "effect-thingspace-auth"
import { messages } from "../utils/authErrors.js"
import { blocks, codes, read, rows } from "./pages.js"

const page = "docs/errors.md"

const tags = [...read("src/AuthError.ts").matchAll(/^export class (\w+) extends/gm)].map(([, tag = ""]) => tag)

/** The messages that the page shows beneath a tag. */
const shown = (tag: string): ReadonlyArray<string> =>
  rows(page, tag)
    .slice(1)
    .flatMap(([, message = ""]) => codes(message))

const endpoints = AuthError.Endpoint.literals
const statuses = [400, 401, 403, 404, 408, 429, 500, 503]

/** Every refusal and every failure that the pipeline can make, as far as the advice tells them apart. */
const every: ReadonlyArray<AuthError.AuthError> = [
  ...endpoints.flatMap((endpoint) =>
    statuses.flatMap((status) => [
      ...["invalid_client", "invalid_request", "900906"].map(
        (error) => new AuthError.OAuthError({ endpoint, status, error })
      ),
      ...(endpoint === "requestToken" || endpoint === "revokeToken"
        ? []
        : [new AuthError.SessionError({ endpoint, status, errorCode: "A.B", errorMessage: "" })]),
      ...AuthError.EndpointError.fields.reason.literals.map(
        (reason) => new AuthError.EndpointError({ endpoint, reason, status })
      )
    ])
  )
]

/** What a message advises: all but its first sentence. That a login may count is said of every advice to repeat it. */
const advice = (message: string): string =>
  message.slice(message.indexOf(". ") + 2).replace(/, but not in a loop: it may count as a refused login\.$/, ".")

describe("docs/errors.md", () => {
  it("has a section for each tag, and no other", () => {
    const sections = [...read(page).matchAll(/^## (\w+)$/gm)].map(([, name]) => name)
    assert.deepStrictEqual(sections, tags)
  })

  it.each(tags)("shows the messages of %s as they are", (tag) => {
    const made = messages.filter(([error]) => error._tag === tag).map(([error]) => error.message)
    assert.sameMembers([...shown(tag)], made)
  })

  it("shows a program that handles every tag in its one catchTags", () => {
    const handled = blocks(page, "ts").flatMap((code) => /catchTags\(\{([\s\S]*)\}\)/.exec(code)?.[1] ?? [])
    const named = [...(handled[0] ?? "").matchAll(/^ {4}(\w+): \(/gm)].map(([, tag]) => tag)
    assert.strictEqual(handled.length, 1)
    assert.sameMembers(named, tags)
  })

  it("leaves out no advice that an error gives", () => {
    const given = new Set(tags.flatMap(shown).map(advice))
    for (const { message } of every) assert.include([...given], advice(message), message)
  })

  it("names every endpoint, reason and field", () => {
    const text = read(page)
    const listed = rows(page).flatMap(([cell = ""]) => codes(cell))
    assert.includeMembers(listed, [...endpoints])
    for (const [tag, { reason }] of [
      ["EndpointError", AuthError.EndpointError.fields],
      ["LoginBlocked", AuthError.LoginBlocked.fields]
    ] as const) {
      const named = rows(page, tag).flatMap(([cell = ""]) => codes(cell))
      assert.includeMembers(named, [...reason.literals])
    }
    for (const error of [
      AuthError.OAuthError,
      AuthError.SessionError,
      AuthError.EndpointError,
      AuthError.CredentialsError,
      AuthError.LoginBlocked
    ]) {
      const section = text.split(`## ${error._tag}\n`)[1]?.split("\n## ")[0] ?? ""
      for (const field of Object.keys(error.fields)) if (field !== "_tag") assert.include(section, `\`${field}\``)
    }
  })
})
