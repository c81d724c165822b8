import type { SessionProblem } from "./state.js"
import { type Answer, json, text } from "./wire.js"

/** What is wrong with a bearer. */
export type BearerProblem = "Missing" | "Malformed" | "Wrong"

/** A fault of the WSO2 gateway, in its three fields (page "Synchronous Error Messages", "oAuth Errors"). */
interface GatewayFault {
  readonly code: string
  readonly message: string
  readonly description: string
}

/** The gateway's fault for a call without credentials of the named scheme. */
export const missingCredentials = (scheme: "Basic" | "Bearer"): GatewayFault => ({
  code: "900902",
  message: "Missing Credentials",
  description: `Required OAuth credentials not provided. Make sure your API invocation call has a header: "Authorization: ${scheme} ACCESS_TOKEN"`
})

const invalidCredentials = (context: string): GatewayFault => ({
  code: "900901",
  message: "Invalid Credentials",
  description: `Access failure for API: ${context}, version: v1. Make sure your have given the correct access token`
})

/** The gateway's fault for a path that no API offers. */
export const noResource = (context: string): GatewayFault => ({
  code: "900906",
  message: "No matching resource found in the API for the given request",
  description: `Access failure for API: ${context}, version: v1. Check the API documentation and add a proper REST resource path to the invocation URL`
})

/** The gateway's fault for a bearer; expired and wrong look the same. */
export const bearerFault = (problem: BearerProblem, context: string): GatewayFault =>
  problem === "Missing" ? missingCredentials("Bearer") : invalidCredentials(context)

/** A gateway fault as the pages print it. */
export const wrapped = (status: number, fault: GatewayFault): Answer => json(status, { fault })

/** A gateway fault as newer gateways send it: no wrapper, and the code is a number. */
export const flat = (status: number, fault: GatewayFault): Answer =>
  json(status, { ...fault, code: Number(fault.code) })

/** A gateway fault as XML. */
export const xml = (status: number, fault: GatewayFault): Answer =>
  text(
    status,
    "application/xml; charset=UTF-8",
    `<am:fault xmlns:am="http://wso2.org/apimanager"><am:code>${fault.code}</am:code><am:type>Status report</am:type><am:message>${fault.message}</am:message><am:description>${fault.description}</am:description></am:fault>`
  )

const codes: Record<SessionProblem, readonly [code: string, message: string]> = {
  Expired: ["REQUEST_FAILED.SessionToken.Expired", "The Session has expired."],
  Invalid: ["INPUT_INVALID.SessionToken.Invalid", "The Session Token is not a valid GUID or is unknown."],
  Format: ["REQUEST_FAILED.SessionToken.Format", "The Session Token is not present in the header."]
}

/** A refusal by the Unified Web Service, whose errors Connectivity Management hands on. */
export const uws = (code: string, message: string): Answer =>
  json(400, { errorCode: `UnifiedWebService.${code}`, errorMessage: message })

/** Connectivity Management on a session token. */
export const uwsSession = (problem: SessionProblem): Answer => uws(...codes[problem])

/** Subscriptions on a session token. */
export const subscriptionSession = (problem: SessionProblem): Answer => {
  const [code, message] = codes[problem]
  return json(401, { errorCode: `UnifiedWebService.${code}`, errorMessage: message, errorUrl: "" })
}

/** Device Location on any parameter; only the message tells what it is (page "Device Location error codes"). */
export const location = (message: string): Answer =>
  json(400, { errorCode: "INVALID_PARAMETER", errorMessage: message })

/** Device Location on a session token. */
export const locationSession = (): Answer => location("UWS verification failure (The Session has expired.)")

/** Cloud Connector on a session token: the `[400]` is what the Unified Web Service told it. */
export const connectorSession = (): Answer =>
  json(401, {
    error: "unauthorized",
    error_description: "Failure response received for UWS V1 REST accounts: [400]",
    cause: "Requested service is unauthorized for given token"
  })

/** Cloud Connector on a bearer that the gateway let through: the `[401]` is what the Unified Web Service told it. */
export const connectorBearer = (): Answer =>
  json(500, {
    error: "internal_server_error",
    error_description:
      "configuration on Device field failed with Error: unauthorized: Failure response received for UWS V1 REST accounts: [401], Requested service is unauthorized for given token",
    cause: "Requested service failed due to internal error"
  })

/** Diagnostics on a session token: a 401 that is not the gateway's. */
export const diagnosticsSession = (): Answer =>
  json(401, {
    errorCode: "INVALID_ACCOUNT",
    errorMessage: "An error was encountered when trying to verify the UWS account."
  })

/** ETX on a session token. */
export const etxSession = (): Answer =>
  json(401, { error: "Unauthorized", description: "The session token is missing, invalid or expired." })
