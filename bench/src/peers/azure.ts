import {
  bearerTokenAuthenticationPolicy,
  createEmptyPipeline,
  createHttpHeaders,
  createPipelineRequest,
  type HttpClient
} from "@azure/core-rest-pipeline"
import { accept, connected, type Peer, url } from "./peer.js"

export const azure: Peer = {
  name: "@azure/core-rest-pipeline",
  connect: (platform) => {
    const transport: HttpClient = {
      sendRequest: async (request) => {
        const status = platform.api(request.headers.get("authorization"), undefined)
        return { request, status: typeof status === "number" ? status : await status, headers: request.headers }
      }
    }
    const bare = createEmptyPipeline()
    const pipeline = createEmptyPipeline()
    const getToken = async () => {
      const { access_token, expires_in } = await platform.token()
      return { token: access_token, expiresOnTimestamp: Date.now() + expires_in * 1000 }
    }
    pipeline.addPolicy(bearerTokenAuthenticationPolicy({ credential: { getToken }, scopes: "ts" }))
    const request = () => createPipelineRequest({ url, headers: createHttpHeaders({ accept }) })
    return connected(
      () => bare.sendRequest(transport, request()),
      async () => (await pipeline.sendRequest(transport, request())).status
    )
  }
}
