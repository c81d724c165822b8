import { accountInformation, accountList } from "./accounts.js"
import { callbackDeletion, callbackList, callbackRegistration } from "./callbacks.js"
import { deviceList } from "./devices.js"
import * as dialects from "./dialects.js"
import { deviceLocations } from "./locations.js"
import { type Product, reads, resource } from "./product.js"
import * as session from "./session.js"
import { softwareDevices } from "./software.js"
import { usageList } from "./usage.js"
import { empty, json, text } from "./wire.js"

const echo = reads(
  "POST,PUT,PATCH /echo",
  { summary: "the request's body and its length", source: "invented" },
  (call) => json(200, { method: call.request.method, length: call.request.body.length, body: call.request.text })
)

const success = () => json(200, { success: true })

const anything = reads("GET,POST,PUT,PATCH,DELETE /*", { summary: '`{"success": true}`', source: "invented" }, success)

const forbidden = reads("GET,POST /forbidden", { summary: "a 403 that is not the gateway's", source: "invented" }, () =>
  json(403, {
    errorCode: "UnifiedWebService.REQUEST_FAILED.NotAuthorized",
    errorMessage: "The user may not do this.",
    errorUrl: ""
  })
)

const connectivity: Product = {
  context: "/m2m/v1",
  sessionHeader: "vz-m2m-token",
  refuseBearer: (problem, context) => dialects.wrapped(401, dialects.bearerFault(problem, context)),
  refuseSession: dialects.uwsSession,
  resources: [
    resource(
      "POST /session/login",
      { summary: "starts a session", source: "documented", credentials: "bearer" },
      session.login
    ),
    resource("POST /session/logout", { summary: "ends the session", source: "documented" }, session.logout),
    resource(
      "PUT /session/password/actions/reset",
      { summary: "replaces the password with a random one", source: "documented" },
      session.resetPassword
    ),
    accountList,
    accountInformation,
    deviceList,
    usageList,
    callbackList,
    callbackRegistration,
    callbackDeletion,
    echo
  ]
}

const product = (context: string, differences: Partial<Product>): Product => ({
  ...connectivity,
  context,
  resources: [echo, anything],
  ...differences
})

const flatFaults: Partial<Product> = {
  refuseBearer: (problem, context) => dialects.flat(401, dialects.bearerFault(problem, context))
}

const etx: Partial<Product> = { sessionHeader: "sessiontoken", refuseSession: dialects.etxSession }

/**
 * One product for each error dialect. The pages do not say which products sit behind a gateway with flat or XML faults:
 * that Software Management and Subscriptions do is the emulator's choice, and so is everything under `/emulator/v1`.
 */
export const products: ReadonlyArray<Product> = [
  connectivity,
  product("/m2m/v2", { resources: [accountInformation, echo] }),
  product("/loc/v1", { refuseSession: dialects.locationSession, resources: [deviceLocations, echo] }),
  product("/cc/v1", {
    refuseSession: dialects.connectorSession,
    refuseBearer: (problem, context, path) =>
      problem === "Malformed" || (problem === "Wrong" && path.startsWith("/devices/configuration"))
        ? dialects.connectorBearer()
        : connectivity.refuseBearer(problem, context, path)
  }),
  product("/diagnostics/v1", { refuseSession: dialects.diagnosticsSession }),
  product("/fota/v1", flatFaults),
  ...["/fota/v2", "/fota/v3"].map((context) =>
    product(context, { ...flatFaults, resources: [echo, softwareDevices, anything] })
  ),
  product("/subsc/v1", {
    refuseBearer: (problem, context) => dialects.xml(401, dialects.bearerFault(problem, context)),
    refuseSession: dialects.subscriptionSession,
    resources: [forbidden, echo, anything]
  }),
  product("/mec/eds", {
    resources: [
      reads("GET,POST /*", { summary: '`{"success": true}`', source: "invented", credentials: "bearer" }, success)
    ]
  }),
  ...["/v1", "/v2", "/v3"].map((context) => product(context, etx)),
  product("/emulator/v1", {
    resources: [
      reads("* /unauthorized", { summary: "a bare 401", source: "invented", credentials: "none" }, () => empty(401)),
      reads("* /unauthorized/html", { summary: "a 401 with a web page", source: "invented", credentials: "none" }, () =>
        text(401, "text/html", "<html><body><h1>401</h1></body></html>")
      ),
      reads(
        "* /forbidden",
        { summary: "the 403 in XML of the page on errors", source: "documented", credentials: "none" },
        () =>
          dialects.xml(403, {
            code: "404",
            message: "Not Found",
            description: "The requested resource is not available."
          })
      )
    ]
  })
]
