import { azure } from "./azure.js"
import { badgateway, googleAuth, msal, openidClient } from "./clients.js"
import { apimatic, simpleOauth2, smithy, staticHeaders } from "./functions.js"
import type { Peer } from "./peer.js"

/** Everybody else. */
export const peers: ReadonlyArray<Peer> = [
  staticHeaders,
  azure,
  smithy,
  googleAuth,
  badgateway,
  simpleOauth2,
  openidClient,
  msal,
  apimatic
]
