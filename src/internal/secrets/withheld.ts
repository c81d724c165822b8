import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"

const carriers = ["authorization", "vz-m2m-token", "sessiontoken"]

/** The credentials that a request was sent with. */
const credentialsOf = ({ headers }: HttpClientRequest.HttpClientRequest): ReadonlyArray<string> =>
  carriers.flatMap((name) => headers[name]?.replace(/^(Bearer|Basic) /, "") ?? []).filter((secret) => secret !== "")

const bytesOf = (value: object): Uint8Array | undefined =>
  ArrayBuffer.isView(value)
    ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength)
    : value instanceof ArrayBuffer
      ? new Uint8Array(value)
      : undefined

/** The values of an object's own properties, also of those that are not listed; a getter is not run. */
const valuesOf = (value: object): ReadonlyArray<unknown> =>
  Object.values(Object.getOwnPropertyDescriptors(value)).flatMap((property) => property.value ?? [])

/** As deep as anyone prints an error. */
const deepest = 12

const mentions = (value: unknown, secrets: ReadonlyArray<string>, seen: Set<object>, depth = 0): boolean => {
  if (typeof value === "string") return secrets.some((secret) => value.includes(secret))
  if (typeof value !== "object" || value === null || seen.has(value) || depth > deepest) return false
  seen.add(value)
  const bytes = bytesOf(value)
  return bytes === undefined
    ? valuesOf(value).some((inner) => mentions(inner, secrets, seen, depth + 1))
    : mentions(new TextDecoder("latin1").decode(bytes), secrets, seen, depth + 1)
}

/**
 * What a transport says of a request that failed, unless it repeats a credential: a parser's error holds the answer that
 * it could not read, and an answer may repeat what it was sent.
 *
 * @internal
 */
export const unlessTelling = (cause: unknown, sent: HttpClientRequest.HttpClientRequest): unknown =>
  mentions(cause, credentialsOf(sent), new Set())
    ? new Error("withheld, because the transport's own error repeats a credential")
    : cause
