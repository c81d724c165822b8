/** The platform on a loopback port, in a process of its own so that its work is not counted as the clients'. */
import { readFileSync } from "node:fs"
import * as http from "node:http"
import * as https from "node:https"

const [certificate, key] = process.argv.slice(2)

const answers: Readonly<Record<string, unknown>> = {
  "/api/ts/v1/oauth2/token": { access_token: "access-token-".padEnd(40, "0"), token_type: "Bearer", expires_in: 3600 },
  "/api/m2m/v1/session/login": { sessionToken: "session-token-".padEnd(36, "0") }
}

const account = JSON.stringify({ accountName: "0000123456-00001", organizationName: "Example", carriers: ["Verizon"] })

const respond: http.RequestListener = (request, response) => {
  request.resume()
  request.on("end", () => {
    const answer = answers[request.url ?? ""]
    response.setHeader("content-type", "application/json")
    response.end(answer === undefined ? account : JSON.stringify(answer))
  })
}

const server =
  certificate === undefined || key === undefined
    ? http.createServer(respond)
    : https.createServer({ cert: readFileSync(certificate), key: readFileSync(key) }, respond)

// Node ends a connection that is idle for 5 seconds: no slice is to pay for another one.
server.keepAliveTimeout = 120_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  process.send?.(address !== null && typeof address === "object" ? address.port : 0)
})
process.on("disconnect", () => process.exit(0))
