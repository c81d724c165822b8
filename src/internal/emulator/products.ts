import { deviceList, deviceLocations } from "./devices.js"
import * as dialects from "./dialects.js"
import { hasAccount, type Product, reads } from "./product.js"
import * as session from "./session.js"
import { empty, json, text } from "./wire.js"

const accountInformation = reads(/^GET$/, /^\/accounts\/([^/]+)$/, (call) => {
  const account = call.parameters[0] ?? ""
  return hasAccount(call, account)
    ? json(200, {
        accountName: account,
        accountNumber: account,
        organizationName: "Emulated Organization",
        isProvisioningAllowed: true,
        carriers: ["Verizon Wireless"],
        features: ["Static IP", "Dynamic IP"],
        iPPools: [{ poolName: "EMULATED001", poolType: "Static IP", isDefaultPool: true }]
      })
    : dialects.uws("REQUEST_FAILED.AccountName", `The user is not associated with the account ${account}.`)
})

const echo = reads(/^(POST|PUT|PATCH)$/, /\/echo$/, ({ request }) =>
  json(200, { method: request.method, length: request.body.length, body: request.text })
)

const success = () => json(200, { success: true })

const anything = reads(/^(GET|POST|PUT|PATCH|DELETE)$/, /^\/.+/, success)

const forbidden = reads(/^(GET|POST)$/, /^\/forbidden$/, () =>
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
    { method: /^POST$/, path: /^\/session\/login$/, credentials: "bearer", handle: session.login },
    { method: /^POST$/, path: /^\/session\/logout$/, credentials: "both", handle: session.logout },
    {
      method: /^PUT$/,
      path: /^\/session\/password\/actions\/reset$/,
      credentials: "both",
      handle: session.resetPassword
    },
    accountInformation,
    deviceList,
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
  ...["/fota/v1", "/fota/v2", "/fota/v3"].map((context) => product(context, flatFaults)),
  product("/subsc/v1", {
    refuseBearer: (problem, context) => dialects.xml(401, dialects.bearerFault(problem, context)),
    refuseSession: dialects.subscriptionSession,
    resources: [forbidden, echo, anything]
  }),
  product("/mec/eds", { resources: [reads(/^(GET|POST)$/, /^\/.+/, success, "bearer")] }),
  ...["/v1", "/v2", "/v3"].map((context) => product(context, etx)),
  product("/emulator/v1", {
    resources: [
      reads(/./, /^\/unauthorized$/, () => empty(401), "none"),
      reads(
        /./,
        /^\/unauthorized\/html$/,
        () => text(401, "text/html", "<html><body><h1>401</h1></body></html>"),
        "none"
      ),
      reads(
        /./,
        /^\/forbidden$/,
        () =>
          dialects.xml(403, {
            code: "404",
            message: "Not Found",
            description: "The requested resource is not available."
          }),
        "none"
      )
    ]
  })
]
