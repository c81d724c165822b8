import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import {
  type AuthError,
  CredentialsError,
  EndpointError,
  LoginBlocked,
  OAuthError,
  SessionError
} from "../../src/AuthError.js"

const blocked = (reason: "Refused" | "Uncertain", attempts: number, retryAfter?: Duration.Duration) =>
  new LoginBlocked({ reason, attempts, since: DateTime.unsafeMake(0), retryAfter })

/** One error of each kind, and its message: `docs/errors.md` shows these. */
export const messages: ReadonlyArray<readonly [error: AuthError, message: string]> = [
  [
    new OAuthError({ endpoint: "requestToken", status: 401, error: "invalid_client", description: "No." }),
    "requestToken was refused with invalid_client (status 401): No. Check the application key and secret."
  ],
  [
    new OAuthError({ endpoint: "revokeToken", status: 400, error: "invalid_client" }),
    "revokeToken was refused with invalid_client (status 400). Check the application key and secret."
  ],
  [
    new OAuthError({ endpoint: "requestToken", status: 400, error: "invalid_request" }),
    "requestToken was refused with invalid_request (status 400). Repeating it does not help: look the code up, and ask Verizon's support with it."
  ],
  [
    new OAuthError({ endpoint: "requestToken", status: 503, error: "900800", description: "Message throttled out" }),
    "requestToken was refused with 900800 (status 503): Message throttled out. Try again later."
  ],
  [
    new OAuthError({
      endpoint: "requestToken",
      status: 429,
      error: "900800",
      retryAfter: Duration.seconds(30)
    }),
    "requestToken was refused with 900800 (status 429). Try again in 30s."
  ],
  [
    new OAuthError({
      endpoint: "requestToken",
      status: 401,
      error: "invalid_client",
      hint: "the application secret (THINGSPACE_APP_SECRET) ends with a blank",
      retryAfter: Duration.millis(7100)
    }),
    "requestToken was refused with invalid_client (status 401). Check the application key and secret. Note that the application secret (THINGSPACE_APP_SECRET) ends with a blank. Try again in 8s."
  ],
  [
    new OAuthError({ endpoint: "login", status: 401, error: "900901" }),
    "login was refused with 900901 (status 401). The access token was not accepted: try another, and if that is refused too, check what the application key may do."
  ],
  [
    new OAuthError({ endpoint: "login", status: 404, error: "900906" }),
    "login was refused with 900906 (status 404). Check baseUrl: no such API is known there."
  ],
  [
    new OAuthError({ endpoint: "login", status: 403, error: "900908" }),
    "login was refused with 900908 (status 403). Check what the application key may do."
  ],
  [
    new SessionError({ endpoint: "login", status: 400, errorCode: "A.B", errorMessage: "C" }),
    "login was refused with A.B (status 400): C. Check the UWS username and password before another login: five refusals in a row lock the user."
  ],
  [
    new SessionError({
      endpoint: "login",
      status: 400,
      errorCode: "A.B",
      errorMessage: "C",
      hint: "the password (THINGSPACE_UWS_PASSWORD) stands in quotes"
    }),
    "login was refused with A.B (status 400): C. Check the UWS username and password before another login: five refusals in a row lock the user. Note that the password (THINGSPACE_UWS_PASSWORD) stands in quotes."
  ],
  [
    new SessionError({ endpoint: "login", status: 503, errorCode: "A.B", errorMessage: "C" }),
    "login was refused with A.B (status 503): C. Try again later, but not in a loop: it may count as a refused login."
  ],
  [
    new SessionError({ endpoint: "logout", status: 400, errorCode: "A.B", errorMessage: "" }),
    "logout was refused with A.B (status 400). The session is over, or ends by itself once it has idled out."
  ],
  [
    new SessionError({ endpoint: "resetPassword", status: 400, errorCode: "A.B", errorMessage: "" }),
    "resetPassword was refused with A.B (status 400). The password has not been changed: check the session and the old password."
  ],
  [
    new EndpointError({ endpoint: "login", reason: "NotSent", description: "no connection (ECONNREFUSED)" }),
    "login failed: NotSent: no connection (ECONNREFUSED). Nothing was sent, so it can safely be repeated once that is put right."
  ],
  [
    new EndpointError({ endpoint: "requestToken", reason: "Transport" }),
    "requestToken failed: Transport. Check the network and try again."
  ],
  [
    new EndpointError({ endpoint: "login", reason: "Timeout" }),
    "login failed: Timeout. Try again, perhaps with a longer requestTimeout, but not in a loop: it may count as a refused login."
  ],
  [
    new EndpointError({ endpoint: "resetPassword", reason: "Timeout" }),
    "resetPassword failed: Timeout. The password may have been replaced by one that nobody has seen: do not repeat the call, try the old password once, and if it is refused ask Verizon's support."
  ],
  [
    new EndpointError({
      endpoint: "revokeToken",
      reason: "StatusCode",
      status: 302,
      description: "redirects are not followed"
    }),
    "revokeToken failed: StatusCode (status 302): redirects are not followed. Check baseUrl, and whether a proxy answers in the platform's place."
  ],
  [
    new EndpointError({
      endpoint: "login",
      reason: "StatusCode",
      status: 407,
      description: "a proxy asks for credentials of its own"
    }),
    "login failed: StatusCode (status 407): a proxy asks for credentials of its own. Sign in at the proxy: it answered in the platform's place."
  ],
  [
    new EndpointError({
      endpoint: "login",
      reason: "StatusCode",
      status: 511,
      description: "the network asks for a sign-in"
    }),
    "login failed: StatusCode (status 511): the network asks for a sign-in. Sign in to the network: it answered in the platform's place."
  ],
  [
    new EndpointError({ endpoint: "requestToken", reason: "StatusCode", status: 503 }),
    "requestToken failed: StatusCode (status 503). Try again later."
  ],
  [
    new EndpointError({
      endpoint: "requestToken",
      reason: "Decode",
      status: 200,
      description: "unusable access_token"
    }),
    "requestToken failed: Decode (status 200): unusable access_token. Check whether a proxy answers in the platform's place."
  ],
  [
    new CredentialsError({ credentials: "App", description: "sealed" }),
    "The application credentials are not available: sealed. Nothing was sent: put them, or where they come from, right."
  ],
  [
    new CredentialsError({ credentials: "Uws", description: "sealed" }),
    "The UWS credentials are not available: sealed. Nothing was sent: put them, or where they come from, right."
  ],
  [
    blocked("Refused", 1),
    "No login was sent: the platform refused the username or password (1 attempt), and repeating it would lock the user. Supply other credentials, or call LoginGuard.reset once they are known to be right."
  ],
  [
    blocked("Uncertain", 2, Duration.millis(1500)),
    "No login was sent: 2 attempts ended without a clear answer and may count towards the lock. Try again in 2s."
  ],
  [
    blocked("Uncertain", 2),
    "No login was sent: 2 attempts ended without a clear answer and may count towards the lock. Try again later."
  ]
]
