/**
 * The way into Verizon's generated SDK (sdks-io/verizon-apis-js-sdk), which is not on the npm registry: its client passes
 * `unstable_httpClientOptions` on to the HTTP client used here, which is.
 *
 *     new Client({
 *       // Dropped by our fetch; without one the SDK would ask for a token of its own.
 *       thingspaceOauthCredentials: { oauthClientId: "", oauthClientSecret: "", oauthToken: { accessToken: "none", tokenType: "Bearer" } },
 *       unstable_httpClientOptions: { adapter: "fetch", env: { fetch } }
 *     })
 *
 *     npm run example -- generated-sdk
 */
import { HttpClient } from "@apimatic/axios-client-adapter"
import { account, baseUrl, close, cost, endCredentials, fetch } from "./internal/ownFetch.js"

/** What the SDK's client makes of its options. */
const client = new HttpClient(Error, { timeout: 30_000, clientConfigOverrides: { adapter: "fetch", env: { fetch } } })

const read = async (): Promise<void> => {
  const { body, statusCode } = await client.executeRequest({
    method: "GET",
    url: `${baseUrl}/api/m2m/v1/accounts/${account}`,
    headers: { authorization: "Bearer none", "VZ-M2M-Token": "none", "user-agent": "APIMATIC 3.0" }
  })
  console.log(`${statusCode} ${JSON.parse(String(body)).organizationName}; ${await cost()}`)
}

await read()
await endCredentials()
await read()

await close()
