import type { Platform } from "../shared/platform.js"

/** A client that is connected to a platform. */
export interface Connected {
  /** Calls without credentials, one after the other, through the same library and transport. */
  readonly bare: (calls: number) => Promise<void>
  /** The same calls with credentials. */
  readonly authenticated: (calls: number) => Promise<void>
  /** One call, for what is not about its price; fails or brings the status. */
  readonly call: () => Promise<number>
}

/** A library, used as its own documents show. */
export interface Peer {
  readonly name: string
  /** Whether it sends both credentials of the platform. */
  readonly both?: true
  /** False where nothing of it acquires a token. */
  readonly acquires?: false
  readonly connect: (platform: Platform) => Connected | Promise<Connected>
}

/** A peer whose calls are promises: a bare one, and one with credentials. */
export const connected = (bare: () => Promise<unknown>, call: () => Promise<number>): Connected => ({
  bare: async (calls) => {
    for (let index = 0; index < calls; index++) await bare()
  },
  authenticated: async (calls) => {
    for (let index = 0; index < calls; index++) await call()
  },
  call
})

export const url = "https://thingspace.verizon.com/api/m2m/v1/accounts/0000123456-00001"

export const accept = "application/json"
