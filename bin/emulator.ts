/**
 * Runs the emulated platform on a port, prints what you need to talk to it and what it serves, and logs each request with
 * its credentials masked. Programs of this machine control it over HTTP: docs/testing.md says how.
 *
 *     npx effect-thingspace-auth emulator
 *     PORT=9000 npx effect-thingspace-auth emulator
 */
import { createServer } from "node:http"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as ThingSpaceEmulator from "effect-thingspace-auth/ThingSpaceEmulator"
import { bold, dim, green, red, yellow } from "./terminal.js"

const { account, appKey, appSecret, password, simulatorToken, username } = ThingSpaceEmulator.defaults

const basic = Encoding.encodeBase64(`${appKey}:${appSecret}`)

const location = JSON.stringify({
  accountName: account,
  accuracyMode: "0",
  cacheMode: "1",
  deviceList: [
    { id: "980003420535573", kind: "imei", mdn: "7892345678" },
    { id: "375535024300089", kind: "imei", mdn: "7897654321" }
  ]
})

/** One line for each row; what the emulator has invented is marked. */
const table = ThingSpaceEmulator.endpoints
  .map(({ credentials, method, path, source, summary }) => {
    const place = `${method} ${path}`.padEnd(62)
    return `  ${place} ${summary}${source === "invented" ? yellow(" (invented)") : ""} ${dim(`[${credentials}]`)}`
  })
  .join("\n")

const introduction = (base: string) => `${bold("ThingSpace, emulated")}

  base URL         ${green(base)}
  application key  ${appKey}
  secret           ${appSecret}
  UWS username     ${username}
  UWS password     ${password}
  account          ${account}
  test token       ${simulatorToken} ${dim("(simulator: never expires)")}

${dim("# 1. an access token")}
TOKEN=$(curl -s -X POST -d "grant_type=client_credentials" -H "Authorization: Basic ${basic}" -H "Content-Type: application/x-www-form-urlencoded" "${base}/api/ts/v1/oauth2/token" | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/'); echo "$TOKEN"

${dim("# 2. a session")}
SESSION=$(curl -s -X POST -d '{"username":"${username}","password":"${password}"}' -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" -H "Accept: application/json" "${base}/api/m2m/v1/session/login" | sed 's/.*"sessionToken":"\\([^"]*\\)".*/\\1/'); echo "$SESSION"

${dim("# 3. the account")}
curl -s -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" "${base}/api/m2m/v1/accounts/${account}"; echo

${dim("# 4. two devices' locations")}
curl -s -X POST -d '${location}' -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" -H "Content-Type: application/json" "${base}/api/loc/v1/locations"; echo

${dim("# 5. the end of the session")}
curl -s -X POST -H "Authorization: Bearer $TOKEN" -H "VZ-M2M-Token: $SESSION" "${base}/api/m2m/v1/session/logout"; echo

${dim("# 6. the end of the access token")}
curl -i -X POST -H "Authorization: Basic ${basic}" -H "Content-Type: application/x-www-form-urlencoded" -d "grant_type=client_credentials&token=$TOKEN" "${base}/api/ts/v1/oauth2/revoke"

${dim("# What it serves; the first row that fits answers. It takes orders under /emulator/: see docs/testing.md")}
${table}

${dim("Ctrl-C ends the emulator. Requests:")}
`

const credentials = ({ headers }: ThingSpaceEmulator.Exchange) =>
  ["authorization", "vz-m2m-token", "sessiontoken"]
    .flatMap((name) => (headers[name] === undefined ? [] : [`${name}: ${headers[name]}`]))
    .join("  ")

const line = (received: ThingSpaceEmulator.Exchange) => {
  const exchange = ThingSpaceEmulator.masked(received)
  const time = DateTime.formatIso(DateTime.unsafeMake(exchange.at)).slice(11, 23)
  const { method, path, status = 0 } = exchange
  const outcome = status < 400 ? green(status) : red(status)
  return `${dim(time)} ${method.padEnd(4)} ${path} ${outcome}  ${dim(credentials(exchange))}`
}

const program = Effect.gen(function* () {
  const { clearExchanges, subscribe } = yield* ThingSpaceEmulator.ThingSpaceEmulator
  const exchanges = yield* subscribe
  yield* HttpServer.addressWith((address) =>
    Console.log(introduction(`http://localhost:${address._tag === "TcpAddress" ? address.port : ""}`))
  )
  return yield* Queue.take(exchanges).pipe(
    Effect.flatMap((exchange) => Console.log(line(exchange))),
    Effect.zipRight(clearExchanges),
    Effect.forever
  )
})

const server = NodeHttpServer.layerConfig(
  createServer,
  Config.all({ port: Config.withDefault(Config.port("PORT"), 8787), host: Config.succeed("localhost") })
)

export const run = (): void =>
  program.pipe(
    Effect.scoped,
    Effect.provide(Layer.provideMerge(ThingSpaceEmulator.serve({ control: true }), server)),
    Effect.tapError((error) => Console.error(String(error._tag === "ServeError" ? error.cause : error))),
    NodeRuntime.runMain({ disableErrorReporting: true })
  )
