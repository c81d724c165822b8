import * as storeHealth from "./circuitBreaker.js"
import * as vault from "./seal.js"
import type { Toolbox } from "./sharing.js"
import * as sharedSlot from "./slot.js"

/** @internal */
export const tools: Toolbox = {
  bounded: storeHealth.bounded,
  isFailing: storeHealth.isFailing,
  makeVault: vault.make,
  makeSlot: sharedSlot.make
}
