import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import type { Mark } from "./search.js"

/** What was sent and what came back, as far as it is known. */
export interface Seen {
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly response?: string
}

const parseJson = Schema.decodeUnknownOption(Schema.parseJson())

const fields: ReadonlyArray<readonly [name: string, field: string]> = [
  ["password", "password"],
  ["old password", "oldPassword"],
  ["new password", "newPassword"],
  ["access token", "access_token"],
  ["session token", "sessionToken"]
]

const inJson = (text: string): ReadonlyArray<Mark> => {
  const body = Option.getOrUndefined(parseJson(text))
  if (!Predicate.isRecord(body)) return []
  return fields.flatMap(([name, field]) => {
    const secret = body[field]
    return typeof secret === "string" ? [{ name, secret }] : []
  })
}

const inForm = (text: string): ReadonlyArray<Mark> => {
  const token = new URLSearchParams(text).get("token")
  return token === null ? [] : [{ name: "revoked token", secret: token }]
}

/** As a form reads it; what is no form is taken as it stands. */
const formDecode = (text: string): string =>
  Either.getOrElse(
    Either.try(() => decodeURIComponent(text.replaceAll("+", " "))),
    () => text
  )

const inAuthorization = (value: string): ReadonlyArray<Mark> => {
  const [scheme = "", rest = ""] = value.split(" ")
  if (scheme !== "Basic") return [{ name: "access token", secret: rest }]
  const [key = "", secret = ""] = Either.getOrElse(Encoding.decodeBase64String(rest), () => "").split(":")
  return [
    { name: "Basic value", secret: rest },
    { name: "application key", secret: formDecode(key) },
    { name: "application secret", secret: formDecode(secret) }
  ]
}

/** Every secret in an exchange, found by where it stands and not by what the client was told. */
export const secretsIn = ({ body, headers, response = "" }: Seen): ReadonlyArray<Mark> =>
  [
    ...inAuthorization(headers.authorization ?? ""),
    { name: "session token", secret: headers["vz-m2m-token"] ?? headers.sessiontoken ?? "" },
    { name: "cookie", secret: headers.cookie ?? "" },
    ...inForm(body),
    ...inJson(body),
    ...inJson(response)
  ].filter(({ secret }) => secret !== "")
