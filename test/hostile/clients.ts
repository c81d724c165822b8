import "./builtInFetch.js"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { AccessToken } from "../../src/AccessToken.js"
import * as SessionSource from "../../src/SessionSource.js"
import { SessionToken } from "../../src/SessionToken.js"
import * as ThingSpaceHttpClient from "../../src/ThingSpaceHttpClient.js"
import * as TokenSource from "../../src/TokenSource.js"
import * as secrecy from "../utils/secrecy.js"

export type Transport = "fetch" | "undici" | "node"

/** The HttpClients that a program on Node chooses from. */
export const transports: Readonly<Record<Transport, Layer.Layer<HttpClient.HttpClient>>> = {
  fetch: FetchHttpClient.layer,
  undici: NodeHttpClient.layerUndici,
  node: NodeHttpClient.layer
}

/** The same, each as it uses a connection again. */
export const keepingTransports: typeof transports = {
  ...transports,
  node: Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer({ keepAlive: true }))
}

export const transportNames: ReadonlyArray<Transport> = ["fetch", "undici", "node"]

export const app = { key: Redacted.make("appkey-51f0c2"), secret: Redacted.make("appsecret-93be77") }
export const user = { username: "somebody", password: Redacted.make("pass-word-28d4e1") }
const accessToken = Redacted.make("access-token-70aa31c5")
const sessionToken = Redacted.make("session-token-b2e98d04")
export const access = new AccessToken({ secret: accessToken, expiresAt: Option.none() })
export const session = new SessionToken({ secret: sessionToken })

const sent = [app.key, app.secret, user.password, accessToken, sessionToken].map(Redacted.value)

/** All that no error shows, and no other server sees. */
export const secrets = [...sent, secrecy.basic(Redacted.value(app.key), Redacted.value(app.secret))]

/** As a buffer is written that nobody meant to print. */
const inBytes = (text: string): string => [...Buffer.from(text)].join(",")

const written = (texts: ReadonlyArray<string>) => texts.flatMap((text) => [...secrecy.forms(text), inBytes(text)])

const sentWritten = written(secrets)
const allWritten = [...sentWritten, ...written(["issued-"])]

/** Whether any rendering of an error shows a secret. What the platform answers to a program's own call is no secret. */
export const leaks = (error: unknown): boolean => {
  const hidden = HttpClientError.isHttpClientError(error) ? sentWritten : allWritten
  return secrecy.renderings(error).some((text) => hidden.some((secret) => text.includes(secret)))
}

/** The authenticated client with credentials that do not change. */
export const Static = ThingSpaceHttpClient.layerFromSources.pipe(
  Layer.provideMerge(TokenSource.layerStatic(accessToken)),
  Layer.provideMerge(SessionSource.layerStatic(sessionToken))
)
