import { ConfidentialClientApplication } from "@azure/msal-node"
import { OAuth2Client, OAuth2Fetch } from "@badgateway/oauth2-client"
import * as google from "google-auth-library"
import * as openid from "openid-client"
import type { Platform } from "../shared/platform.js"
import { accept, connected, type Peer, url } from "./peer.js"

const json = (body: unknown): Response =>
  new Response(JSON.stringify(body), { headers: { "content-type": "application/json" } })

const answer = async (platform: Platform, authorization: string | null): Promise<Response> =>
  new Response(null, { status: await platform.api(authorization ?? undefined, undefined) })

export const googleAuth: Peer = {
  name: "google-auth-library",
  connect: (platform) => {
    const fetchImplementation: typeof fetch = (_input, init) =>
      answer(platform, new Headers(init?.headers).get("authorization"))
    const gaxios = () => new google.gaxios.Gaxios({ fetchImplementation, validateStatus: () => true })
    const bare = gaxios()
    const client = new google.OAuth2Client({ transporter: gaxios() })
    client.refreshHandler = async () => {
      const { access_token, expires_in } = await platform.token()
      return { access_token, expiry_date: Date.now() + expires_in * 1000 }
    }
    return connected(
      () => bare.request({ url, headers: { accept } }),
      async () => (await client.request({ url, headers: { accept } })).status
    )
  }
}

export const badgateway: Peer = {
  name: "@badgateway/oauth2-client",
  connect: (platform) => {
    const client = new OAuth2Client({
      server: "https://localhost/",
      tokenEndpoint: "/token",
      clientId: "id",
      clientSecret: "secret",
      fetch: async () => json(await platform.token())
    })
    const wrapper = new OAuth2Fetch({ client, getNewToken: () => client.clientCredentials() }).mw()
    const next = (request: Request) => answer(platform, request.headers.get("authorization"))
    return connected(
      () => next(new Request(url, { headers: { accept } })),
      async () => (await wrapper(new Request(url, { headers: { accept } }), next)).status
    )
  }
}

/** It holds no token: the cache around it is the shortest that is right. It sends nothing without one, so bare is the fetch it is given. */
export const openidClient: Peer = {
  name: "openid-client, a cache around it",
  connect: (platform) => {
    const server = { issuer: "https://localhost", token_endpoint: "https://localhost/token" }
    const config = new openid.Configuration(server, "id", "secret")
    const target = new URL(url)
    const send = (headers: Headers) => answer(platform, headers.get("authorization"))
    config[openid.customFetch] = async (input, init) =>
      input === server.token_endpoint ? json(await platform.token()) : send(new Headers(init.headers))
    let held: { readonly secret: string; readonly expiresAt: number } | undefined
    return connected(
      () => send(new Headers({ accept })),
      async () => {
        if (held === undefined || held.expiresAt - Date.now() < 60_000) {
          const { access_token, expires_in } = await openid.clientCredentialsGrant(config)
          held = { secret: access_token, expiresAt: Date.now() + (expires_in ?? 0) * 1000 }
        }
        const headers = new Headers({ accept })
        return (await openid.fetchProtectedResource(config, held.secret, target, "GET", null, headers)).status
      }
    )
  }
}

const authority = "https://localhost/tenant"

const discovery = {
  issuer: authority,
  authorization_endpoint: `${authority}/authorize`,
  token_endpoint: `${authority}/token`,
  end_session_endpoint: `${authority}/logout`,
  jwks_uri: `${authority}/keys`
}

export const msal: Peer = {
  name: "@azure/msal-node",
  connect: (platform) => {
    const application = new ConfidentialClientApplication({
      auth: { clientId: "id", clientSecret: "secret", authority, knownAuthorities: ["localhost"] },
      system: {
        networkClient: {
          sendGetRequestAsync: <T>() => Promise.resolve({ status: 200, headers: {}, body: discovery as T }),
          sendPostRequestAsync: async <T>() => ({ status: 200, headers: {}, body: (await platform.token()) as T })
        }
      }
    })
    const send = async (headers: Readonly<Record<string, string>>): Promise<number> =>
      platform.api(headers.authorization, undefined)
    return connected(
      () => send({ accept }),
      async () => {
        const result = await application.acquireTokenByClientCredential({ scopes: ["ts"] })
        return send({ accept, authorization: `Bearer ${result?.accessToken}` })
      }
    )
  }
}
