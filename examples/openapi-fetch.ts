/**
 * openapi-fetch over a fetch that carries both credentials: the token is revoked and the session ends between two calls,
 * and the second is healed with one renewal each.
 *
 *     npm run example -- openapi-fetch
 */
import createClient from "openapi-fetch"
import { account, baseUrl, close, cost, endCredentials, fetch } from "./internal/ownFetch.js"

// As openapi-typescript makes it from Verizon's OpenAPI description.
interface paths {
  "/api/m2m/v1/accounts/{name}": {
    get: {
      parameters: { path: { name: string } }
      responses: { 200: { content: { "application/json": { organizationName: string } } } }
    }
  }
}

const client = createClient<paths>({ baseUrl, fetch })

const read = async (): Promise<void> => {
  const { data, response } = await client.GET("/api/m2m/v1/accounts/{name}", { params: { path: { name: account } } })
  console.log(`${response.status} ${data?.organizationName}; ${await cost()}`)
}

await read()
await endCredentials()
await read()

await close()
