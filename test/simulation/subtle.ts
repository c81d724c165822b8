/**
 * The cryptography of the Web, computed at once: in virtual time nobody can wait for a pool of threads.
 */
import { createCipheriv, createDecipheriv, createHash, createHmac, hkdfSync, pbkdf2Sync } from "node:crypto"

type Bytes = ArrayBuffer | ArrayBufferView<ArrayBuffer>

interface Key {
  readonly bytes: Buffer
}

interface Algorithm {
  readonly name: string
  readonly hash?: string | { readonly name: string }
  readonly salt?: Bytes
  readonly info?: Bytes
  readonly iv?: Bytes
  readonly additionalData?: Bytes
}

const buffer = (bytes: Bytes | undefined): Buffer => {
  if (bytes === undefined) return Buffer.alloc(0)
  return bytes instanceof ArrayBuffer
    ? Buffer.from(bytes)
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

const result = (bytes: ArrayBuffer | Uint8Array): ArrayBuffer => new Uint8Array(bytes).slice().buffer

const tagLength = 16

/** What is slow on purpose need not be slow here. */
const iterations = 1

const seal = ({ additionalData, iv }: Algorithm, { bytes }: Key, text: Bytes): ArrayBuffer => {
  const cipher = createCipheriv("aes-256-gcm", bytes, buffer(iv))
  cipher.setAAD(buffer(additionalData))
  return result(Buffer.concat([cipher.update(buffer(text)), cipher.final(), cipher.getAuthTag()]))
}

const open = ({ additionalData, iv }: Algorithm, { bytes }: Key, sealed: Bytes): ArrayBuffer => {
  const all = buffer(sealed)
  const decipher = createDecipheriv("aes-256-gcm", bytes, buffer(iv))
  decipher.setAAD(buffer(additionalData))
  decipher.setAuthTag(all.subarray(all.length - tagLength))
  return result(Buffer.concat([decipher.update(all.subarray(0, all.length - tagLength)), decipher.final()]))
}

const derive = ({ info, name, salt }: Algorithm, { bytes }: Key, bits: number): ArrayBuffer =>
  name === "HKDF"
    ? result(hkdfSync("sha256", bytes, buffer(salt), buffer(info), bits / 8))
    : result(pbkdf2Sync(bytes, buffer(salt), iterations, bits / 8, "sha256"))

const subtle = {
  importKey: async (_format: string, bytes: Bytes): Promise<Key> => ({ bytes: buffer(bytes) }),
  deriveBits: async (algorithm: Algorithm, key: Key, bits: number) => derive(algorithm, key, bits),
  deriveKey: async (algorithm: Algorithm, key: Key): Promise<Key> => ({
    bytes: Buffer.from(derive(algorithm, key, 256))
  }),
  digest: async (_algorithm: unknown, bytes: Bytes) => result(createHash("sha256").update(buffer(bytes)).digest()),
  sign: async (_algorithm: unknown, { bytes }: Key, text: Bytes) =>
    result(createHmac("sha256", bytes).update(buffer(text)).digest()),
  encrypt: async (algorithm: Algorithm, key: Key, text: Bytes) => seal(algorithm, key, text),
  decrypt: async (algorithm: Algorithm, key: Key, sealed: Bytes) => open(algorithm, key, sealed)
}

/** Puts it in the place of the process's own. */
export const install = (): void => {
  Object.defineProperty(globalThis.crypto, "subtle", { configurable: true, value: subtle })
}
