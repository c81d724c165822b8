import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { App } from "../../Credentials.js"

/**
 * What makes credentials fit to leave the process: values that only who knows the application secret can read or write,
 * and names that reveal nothing.
 *
 * @internal
 */
export interface Vault {
  /** A name for what the parts say, the same wherever the same application secret is known. */
  readonly name: (...parts: ReadonlyArray<string>) => Effect.Effect<string>
  /** Encrypts a text, which can then be read under this name alone. */
  readonly seal: (name: string, text: string) => Effect.Effect<string>
  /** None where this was not sealed under this name and with this application secret. */
  readonly open: (name: string, envelope: string) => Effect.Effect<Option.Option<string>>
}

/** The envelope's first part: what else it is made of, and how. */
const version = "1"

/** NIST SP 800-38D section 8.2.2: random and of 96 bits; far fewer than 2^32 values are ever sealed with one key. */
const nonceLength = 12

const utf8 = new TextEncoder()

/** HKDF (RFC 5869) with a purpose of its own for each key. */
const derive = (material: CryptoKey, salt: BufferSource, purpose: string, bits: number): Promise<ArrayBuffer> =>
  crypto.subtle.deriveBits(
    { name: "HKDF", hash: "SHA-256", salt, info: utf8.encode(`effect-thingspace-auth ${version} ${purpose}`) },
    material,
    bits
  )

const keysOf = (app: App) => {
  const { subtle } = crypto
  const salt = utf8.encode(Redacted.value(app.key))
  return Effect.gen(function* () {
    const secret = utf8.encode(Redacted.value(app.secret))
    const material = yield* Effect.promise(() => subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]))
    const [encryption, names, id] = yield* Effect.all([
      Effect.promise(() => derive(material, salt, "AES-256-GCM", 256)),
      Effect.promise(() => derive(material, salt, "HMAC-SHA-256", 256)),
      Effect.promise(() => derive(material, salt, "key id", 48))
    ])
    return {
      id: Encoding.encodeBase64Url(new Uint8Array(id)),
      encryption: yield* Effect.promise(() =>
        subtle.importKey("raw", encryption, "AES-GCM", false, ["encrypt", "decrypt"])
      ),
      names: yield* Effect.promise(() =>
        subtle.importKey("raw", names, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
      )
    }
  })
}

/** Text that was not made by `seal` holds anything. */
const bytes = (text: string | undefined): Uint8Array<ArrayBuffer> | undefined =>
  text === undefined
    ? undefined
    : Either.getOrUndefined(Either.map(Encoding.decodeBase64Url(text), (decoded) => new Uint8Array(decoded)))

/** @internal */
export const make = (app: App): Effect.Effect<Vault> =>
  Effect.map(keysOf(app), ({ encryption, id, names }): Vault => {
    const { subtle } = crypto
    const head = `${version}.${id}.`
    const algorithm = (name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams => ({
      name: "AES-GCM",
      iv,
      additionalData: utf8.encode(head + name)
    })
    return {
      name: (...parts) =>
        Effect.map(
          Effect.promise(() => subtle.sign("HMAC", names, utf8.encode(JSON.stringify(parts)))),
          (digest) => Encoding.encodeHex(new Uint8Array(digest))
        ),
      seal: (name, text) =>
        Effect.suspend(() => {
          const iv = crypto.getRandomValues(new Uint8Array(nonceLength))
          return Effect.map(
            Effect.promise(() => subtle.encrypt(algorithm(name, iv), encryption, utf8.encode(text))),
            (sealed) => `${head}${Encoding.encodeBase64Url(iv)}.${Encoding.encodeBase64Url(new Uint8Array(sealed))}`
          )
        }),
      open: (name, envelope) => {
        if (!envelope.startsWith(head)) return Effect.succeedNone
        const [iv, sealed] = envelope.slice(head.length).split(".").map(bytes)
        if (iv?.length !== nonceLength || sealed === undefined) return Effect.succeedNone
        return Effect.map(
          Effect.option(Effect.tryPromise(() => subtle.decrypt(algorithm(name, iv), encryption, sealed))),
          Option.map((text) => new TextDecoder().decode(text))
        )
      }
    }
  })
