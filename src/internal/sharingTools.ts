import * as sharedLoginMemory from "./sharedLoginMemory.js"
import * as sharedSlot from "./sharedSlot.js"
import type { Toolbox } from "./sharing.js"
import * as storeHealth from "./storeHealth.js"
import * as vault from "./vault.js"

/** @internal */
export const tools: Toolbox = {
  bounded: storeHealth.bounded,
  makeVault: vault.make,
  makeSlot: sharedSlot.make,
  makeLoginMemory: sharedLoginMemory.make
}
