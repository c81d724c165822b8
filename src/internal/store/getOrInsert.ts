/** A `Map`, or a `WeakMap`, which forgets with its keys. */
interface Kept<K, V> {
  readonly get: (key: K) => V | undefined
  readonly set: (key: K, value: V) => unknown
}

/**
 * What is kept under a key, made where there is nothing yet.
 *
 * @internal
 */
export const remember = <K, V>(kept: Kept<K, V>, key: K, make: () => V): V => {
  const known = kept.get(key)
  if (known !== undefined) return known
  const made = make()
  kept.set(key, made)
  return made
}
