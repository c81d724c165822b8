import * as Predicate from "effect/Predicate"

/**
 * An account and who may see it.
 *
 * @since 0.2.0
 * @category models
 */
export interface Account {
  /** Its name, in the form `0000123456-00001`. */
  readonly name: string
  /** The organization that account information names; default `Emulated Organization`. */
  readonly organizationName?: string | undefined
  /** The UWS users who may see it; default every user. */
  readonly users?: ReadonlyArray<string> | undefined
}

/** An account with its defaults; `users` is `undefined` if every user may see it. */
export interface KnownAccount {
  readonly name: string
  readonly organizationName: string
  readonly users: ReadonlyArray<string> | undefined
}

/** Fills in the defaults of accounts. */
export const known = (accounts: ReadonlyArray<string | Account>): ReadonlyArray<KnownAccount> =>
  accounts.map((account) => {
    const {
      name,
      organizationName = "Emulated Organization",
      users
    } = Predicate.isString(account) ? { name: account } : account
    return { name, organizationName, users }
  })
