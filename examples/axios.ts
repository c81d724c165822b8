/**
 * axios over a fetch that carries both credentials, by its fetch adapter: the token is revoked and the session ends
 * between two calls, and the second is healed with one renewal each.
 *
 *     npm run example -- axios
 */
import axios from "axios"
import { account, baseUrl, close, cost, endCredentials, fetch } from "./internal/ownFetch.js"

const client = axios.create({ baseURL: baseUrl, adapter: "fetch", env: { fetch } })

const list = async (): Promise<void> => {
  const { data, status } = await client.post("/api/m2m/v1/devices/actions/list", { accountName: account })
  console.log(`${status} ${data.devices.length} devices; ${await cost()}`)
}

await list()
await endCredentials()
await list()

// What failed is the error's cause, as it is with fetch itself.
const error: unknown = await client.get("https://elsewhere.example/").catch((error: unknown) => error)
if (axios.isAxiosError(error)) console.log(`${error.code}, because of: ${error.cause?.message}`)

await close()
