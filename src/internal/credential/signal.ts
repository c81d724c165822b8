/** Those who are told of a subject's changes, by the subject; one that nobody watches has no entry. */
const listeners = new WeakMap<object, Set<() => void>>()

/**
 * Says that a subject has changed. Costs a look-up if nobody listens.
 *
 * @internal
 */
export const touch = (subject: object): void => {
  for (const listener of listeners.get(subject) ?? []) listener()
}

/**
 * Has a function called after each change of a subject; it must return at once. Returns what ends that.
 *
 * @internal
 */
export const listen = (subject: object, listener: () => void): (() => void) => {
  const all = listeners.get(subject) ?? new Set()
  listeners.set(subject, all.add(listener))
  return () => {
    all.delete(listener)
    if (all.size === 0) listeners.delete(subject)
  }
}
