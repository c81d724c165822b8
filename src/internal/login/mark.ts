import { globalValue } from "effect/GlobalValue"
import * as Redacted from "effect/Redacted"

/**
 * What stands for a password in the records.
 *
 * @internal
 */
export type Mark = string

/**
 * Random for each process, and the same for every copy of this module that a process evaluates. Made when it is needed:
 * a Worker may not ask for random values while its modules are evaluated.
 */
const seeds = () =>
  globalValue("effect-thingspace-auth/LoginGuard/seeds", () => crypto.getRandomValues(new Uint32Array(2)))

const mixed = (hash: number): number => {
  const half = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  return Math.imul(half ^ (half >>> 13), 0xc2b2ae35)
}

const hex = (hash: number): string => (hash >>> 0).toString(16).padStart(8, "0")

/**
 * 64 bits that mean nothing in another process. Synchronous, which no hash of WebCrypto is. It keeps the text of refused
 * passwords out of memory; whoever reads this process's memory can still guess them.
 *
 * @internal
 */
export const of = (password: Redacted.Redacted): Mark => {
  let [one = 0, other = 0] = seeds()
  for (const unit of new TextEncoder().encode(Redacted.value(password))) {
    one = mixed(one ^ unit)
    other = Math.imul(other ^ unit, 0x9e3779b1) ^ (other >>> 15)
  }
  return `#${hex(mixed(one))}${hex(mixed(other))}`
}

/**
 * Whether a mark means something to this process alone.
 *
 * @internal
 */
export const isOwn = (mark: Mark): boolean => mark.startsWith("#")
