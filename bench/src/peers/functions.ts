import { requestAuthenticationProvider } from "@apimatic/oauth-adapters"
import { memoize } from "@smithy/property-provider"
import { ClientCredentials } from "simple-oauth2"
import type { Platform } from "../shared/platform.js"
import { accept, connected, type Peer, url } from "./peer.js"

interface Init {
  readonly headers: Readonly<Record<string, string>>
}

/** A stand-in for fetch, shared by the peers that bring no transport of their own. */
const sender =
  (platform: Platform) =>
  async (_url: string, { headers }: Init): Promise<{ readonly status: number }> => {
    const status = platform.api(headers.authorization, headers["vz-m2m-token"])
    return { status: typeof status === "number" ? status : await status }
  }

/** The floor: two headers that somebody has put there. */
export const staticHeaders: Peer = {
  name: "fetch, static headers",
  both: true,
  acquires: false,
  connect: (platform) => {
    const send = sender(platform)
    const session = "session-token-".padEnd(36, "0")
    return connected(
      () => send(url, { headers: { accept } }),
      async () =>
        (await send(url, { headers: { accept, authorization: "Bearer token", "vz-m2m-token": session } })).status
    )
  }
}

/** The five minutes that the AWS clients use. */
const margin = 300_000

export const smithy: Peer = {
  name: "@smithy memoize",
  connect: (platform) => {
    const send = sender(platform)
    const token = memoize(
      async () => {
        const { access_token, expires_in } = await platform.token()
        return { value: access_token, expiresAt: Date.now() + expires_in * 1000 }
      },
      ({ expiresAt }) => expiresAt - Date.now() < margin,
      () => true
    )
    return connected(
      () => send(url, { headers: { accept } }),
      async () => (await send(url, { headers: { accept, authorization: `Bearer ${(await token()).value}` } })).status
    )
  }
}

/** The recipe of its documents, with their window of 300 seconds. Only `getToken`, which knows no stub, is ours. */
export const simpleOauth2: Peer = {
  name: "simple-oauth2, its recipe",
  connect: (platform) => {
    const send = sender(platform)
    const client = new ClientCredentials({
      client: { id: "id", secret: "secret" },
      auth: { tokenHost: "https://localhost" }
    })
    const getToken = async () => client.createToken({ ...(await platform.token()) })
    let held: ReturnType<typeof client.createToken> | undefined
    return connected(
      () => send(url, { headers: { accept } }),
      async () => {
        if (held === undefined || held.expired(300)) held = await getToken()
        return (await send(url, { headers: { accept, authorization: `Bearer ${held.token.access_token}` } })).status
      }
    )
  }
}

export const apimatic: Peer = {
  name: "@apimatic/oauth-adapters",
  connect: (platform) => {
    const send = sender(platform)
    const authenticate = requestAuthenticationProvider(undefined, async () => {
      const { access_token, expires_in } = await platform.token()
      return { accessToken: access_token, expiry: BigInt(Math.floor(Date.now() / 1000) + expires_in) }
    })
    const intercept = authenticate(true)
    const bare = authenticate(false)
    const next: Parameters<typeof intercept>[2] = async (request) => {
      const { status } = await send(url, { headers: request.headers ?? {} })
      return { request, response: { statusCode: status, headers: {}, body: "" } }
    }
    const call = async (interceptor: typeof intercept): Promise<number> => {
      const { response } = await interceptor({ method: "GET", url, headers: { accept } }, undefined, next)
      return response.statusCode
    }
    return connected(
      () => call(bare),
      () => call(intercept)
    )
  }
}
