import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { App, Uws } from "../../Credentials.js"

/**
 * Seals what leaves the process: only who knows the application secret, or the sealing secret, can read or write it, and
 * its names reveal nothing.
 *
 * @internal
 */
export interface Vault {
  /** A name for what the parts say, the same wherever the same application secret is known. */
  readonly name: (...parts: ReadonlyArray<string>) => Effect.Effect<string>
  /** Encrypts a text, which can then be read under this name alone. */
  readonly seal: (name: string, text: string) => Effect.Effect<string>
  /** None unless this was sealed under this name and by the same vault. */
  readonly open: (name: string, envelope: string) => Effect.Effect<Option.Option<string>>
  /** The vault of one user, which takes the user's password as well: hashed slowly, once per password and process. */
  readonly ofUser: (user: Uws) => Effect.Effect<Vault>
}

/** The first part of the envelope, which says how the others are made. */
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

const keysOf = (secret: BufferSource, salt: BufferSource) =>
  Effect.gen(function* () {
    const { subtle } = crypto
    const material = yield* Effect.promise(() => subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]))
    const [encryption, names, id, users] = yield* Effect.all([
      Effect.promise(() => derive(material, salt, "AES-256-GCM", 256)),
      Effect.promise(() => derive(material, salt, "HMAC-SHA-256", 256)),
      Effect.promise(() => derive(material, salt, "key id", 48)),
      Effect.promise(() => derive(material, salt, "users", 256))
    ])
    return {
      id: Encoding.encodeBase64Url(new Uint8Array(id)),
      encryption: yield* Effect.promise(() =>
        subtle.importKey("raw", encryption, "AES-GCM", false, ["encrypt", "decrypt"])
      ),
      names: yield* Effect.promise(() =>
        subtle.importKey("raw", names, { name: "HMAC", hash: "SHA-256" }, false, ["sign"])
      ),
      users
    }
  })

/** About 7 ms of CPU: what a guess at a password costs whoever can read the store and knows what seals it. */
const iterations = 25_000

/** PBKDF2 (RFC 8018 section 5.2). */
const slowHash = (password: Redacted.Redacted, salt: BufferSource): Effect.Effect<ArrayBuffer> =>
  Effect.promise(() => {
    const { subtle } = crypto
    return subtle
      .importKey("raw", utf8.encode(Redacted.value(password)), "PBKDF2", false, ["deriveBits"])
      .then((material) => subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt, iterations }, material, 256))
  })

/** Text that was not made by `seal` holds anything. */
const bytes = (text: string | undefined): Uint8Array<ArrayBuffer> | undefined =>
  text === undefined
    ? undefined
    : Either.getOrUndefined(Either.map(Encoding.decodeBase64Url(text), (decoded) => new Uint8Array(decoded)))

/** As many users as are remembered with their hashes; the next one hashes again. */
const mostUsers = 1000

const concat = (one: Uint8Array<ArrayBuffer>, other: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(one.length + other.length)
  both.set(one)
  both.set(other, one.length)
  return both
}

const made = (secret: BufferSource, salt: BufferSource): Effect.Effect<Vault> =>
  Effect.map(keysOf(secret, salt), ({ encryption, id, names, users }): Vault => {
    const { subtle } = crypto
    const head = `${version}.${id}.`
    const algorithm = (name: string, iv: Uint8Array<ArrayBuffer>): AesGcmParams => ({
      name: "AES-GCM",
      iv,
      additionalData: utf8.encode(head + name)
    })
    const latest = new Map<string, { readonly password: Redacted.Redacted; readonly vault: Promise<Vault> }>()
    const vaultOf = ({ password, username }: Uws): Effect.Effect<Vault> => {
      const salt = utf8.encode(username)
      const both = concat(new Uint8Array(users), salt)
      return Effect.flatMap(slowHash(password, both), (hash) => made(hash, salt))
    }
    return {
      ofUser: (user) =>
        Effect.promise(() => {
          const known = latest.get(user.username)
          if (known !== undefined && Equal.equals(known.password, user.password)) return known.vault
          const vault = Effect.runPromise(vaultOf(user))
          latest.delete(user.username)
          latest.set(user.username, { password: user.password, vault })
          for (const [oldest] of latest) if (latest.size > mostUsers) latest.delete(oldest)
          return vault
        }),
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

/** A process hashes a password once, however many pipelines it builds: they share a vault. */
const vaults = new Map<string, Promise<Vault>>()
const mostVaults = 100

const kept = (mark: string, secret: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>): Promise<Vault> => {
  const vault = vaults.get(mark) ?? Effect.runPromise(made(secret, salt))
  vaults.set(mark, vault)
  for (const [oldest] of vaults) if (vaults.size > mostVaults) vaults.delete(oldest)
  return vault
}

const shared = (secret: Uint8Array<ArrayBuffer>, salt: Uint8Array<ArrayBuffer>): Effect.Effect<Vault> =>
  Effect.gen(function* () {
    const material = yield* Effect.promise(() => crypto.subtle.importKey("raw", secret, "HKDF", false, ["deriveBits"]))
    const mark = Encoding.encodeHex(new Uint8Array(yield* Effect.promise(() => derive(material, salt, "process", 256))))
    return yield* Effect.promise(() => kept(mark, secret, salt))
  })

/**
 * The vault of an application's key and secret.
 *
 * @internal
 */
export const make = (app: App): Effect.Effect<Vault> =>
  Effect.suspend(() => shared(utf8.encode(Redacted.value(app.secret)), utf8.encode(Redacted.value(app.key))))

/**
 * The vault of a secret that is for nothing else, and so outlives the application's.
 *
 * @internal
 */
export const makeOf = (secret: Redacted.Redacted): Effect.Effect<Vault> =>
  Effect.suspend(() => shared(utf8.encode(Redacted.value(secret)), utf8.encode("sealing secret")))
