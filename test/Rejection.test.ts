import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { Classifier, classify, type Rejection } from "../src/Rejection.js"

const fault = (code: unknown, description = "Access failure for API: /m2m/v1, version: v1.") => ({
  code,
  message: "Invalid Credentials",
  description
})

const xml = (code: string, prefix = "am:") =>
  `<?xml version="1.0"?>\n<${prefix}fault xmlns:am="http://wso2.org/apimanager"><${prefix}code>${code}</${prefix}code>` +
  `<${prefix}type>Status report</${prefix}type><${prefix}message>Not Found</${prefix}message>` +
  `<${prefix}description>The requested resource is not available.</${prefix}description></${prefix}fault>`

const uws = (code: string, errorMessage = "Told in words that may change.") => ({ errorCode: code, errorMessage })

const location = (inner: string) => uws("INVALID_PARAMETER", `UWS verification failure (${inner})`)

const connector = {
  session: {
    error: "unauthorized",
    error_description: "Failure response received for UWS V1 REST accounts: [400]",
    cause: "Requested service is unauthorized for given token"
  },
  bearer: {
    error: "internal_server_error",
    error_description:
      "configuration on Device field failed with Error: unauthorized: Failure response received for UWS V1 REST accounts: [401], Requested service is unauthorized for given token",
    cause: "Requested service failed due to internal error"
  }
}

type Row = readonly [says: string, status: number, body: unknown]

const table: Readonly<Record<Rejection, ReadonlyArray<Row>>> = {
  AccessToken: [
    ["a wrapped fault 900901, expired or wrong", 401, { fault: fault("900901") }],
    ["a wrapped fault 900902, missing", 401, { fault: fault("900902") }],
    ["a wrapped fault 900903, expired", 401, { fault: fault("900903") }],
    ["a wrapped fault 900904, inactive", 401, { fault: fault("900904") }],
    ["a wrapped fault with the code as a number", 401, { fault: fault(900901) }],
    ["a wrapped fault of nothing but the code", 401, { fault: { code: 900901 } }],
    ["a flat fault", 401, fault("900901")],
    ["a flat fault with the code as a number", 401, fault(900901)],
    ["a fault as XML", 401, xml("900901")],
    ["a fault as XML without a prefix", 401, xml("900902", "")],
    ["a fault as XML with blanks around the code", 401, xml(" 900901\n")],
    ["a fault with another status", 403, { fault: fault("900901") }],
    ["Hyper Precise's fault beside its own fields", 401, { responseCode: "INVALID_ACCESS", fault: fault("900901") }],
    ["Cloud Connector's inner [401]", 500, connector.bearer],
    ["Cloud Connector's inner [401] with status 400", 400, connector.bearer],
    ["RFC 6750's invalid_token", 401, { error: "invalid_token" }]
  ],
  SessionToken: [
    ["UWS, expired", 400, uws("UnifiedWebService.REQUEST_FAILED.SessionToken.Expired")],
    ["UWS, invalid", 400, uws("UnifiedWebService.INPUT_INVALID.SessionToken.Invalid")],
    ["UWS, missing", 400, uws("UnifiedWebService.REQUEST_FAILED.SessionToken.Format")],
    ["another service's prefix", 400, uws("DeviceService.REQUEST_FAILED.SessionToken.Expired")],
    ["no service's prefix", 400, uws("REQUEST_FAILED.SessionToken.Expired")],
    ["nothing before the name", 400, uws("SessionToken.Expired")],
    ["a code without a message", 400, { errorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired" }],
    [
      "UWS with status 401, as subscriptions have it",
      401,
      uws("UnifiedWebService.REQUEST_FAILED.SessionToken.Expired")
    ],
    ["Device Location, by its message alone", 400, location("The Session has expired.")],
    ["Cloud Connector's inner [400]", 401, connector.session],
    ["Cloud Connector's inner [400] with status 400", 400, connector.session],
    ["ETX, by its message alone", 401, { error: "Unauthorized", description: "The session token is missing." }],
    ["SESSION_EXPIRED, as a public Next.js service knows it", 400, uws("SESSION_EXPIRED")],
    ["SESSION_EXPIRED with status 401", 401, { errorCode: "SESSION_EXPIRED" }],
    ["another code with UWS's documented message", 400, uws("INVALID_PARAMETER", "The Session has expired.")],
    [
      "another code that names the session token, as a Python client reads it",
      400,
      uws("X.Y", "Invalid session token")
    ],
    ["the same with status 401", 401, uws("X.Y", "The Session Token is not valid.")],
    [
      "fields with capitals, as users' parsers read them",
      400,
      { ErrorCode: "UnifiedWebService.REQUEST_FAILED.SessionToken.Expired" }
    ],
    ["a message with a capital", 400, { ErrorCode: "X.Y", ErrorMessage: "The Session has expired." }],
    ["a list of errors, as users' parsers read it", 400, [uws("X.SessionToken.Expired")]],
    ["a list whose second error it is", 400, [uws("X.Device.NotFound"), uws("X.SessionToken.Expired")]],
    ["errors in a field", 400, { errors: [uws("X.SessionToken.Expired")] }],
    ["Diagnostics' 401", 401, uws("INVALID_ACCOUNT", "An error was encountered when trying to verify the UWS account.")]
  ],
  Unknown: [
    ["a bare 401", 401, ""],
    ["a 401 with a page", 401, "<html><body>Unauthorized</body></html>"],
    ["a 401 with an empty object", 401, {}],
    ["a 401 with a truncated JSON", 401, `{"fault":{"code":"9009`],
    ["ETX", 401, { error: "Unauthorized", description: "Not allowed." }],
    ["an unclassified authentication failure", 401, { fault: fault("900900") }],
    ["a product's own code with status 401", 401, uws("NO_IDEA")],
    ["Hyper Precise without a fault", 401, { responseCode: "INVALID_ACCESS", message: "Invalid access" }],
    ["Hyper Precise without a fault, status 400", 400, { responseCode: "INVALID_ACCESS", message: "Invalid access" }]
  ],
  Permission: [
    ["a bare 403", 403, ""],
    ["a 403 as XML", 403, xml("404")],
    ["a resource that is forbidden", 403, { fault: fault("900908") }],
    ["a missing scope", 403, { fault: fault("900910") }],
    ["a missing scope with status 401", 401, { fault: fault("900910") }],
    ["UWS, a user of another account", 400, uws("UnifiedWebService.REQUEST_FAILED.AccountName")],
    ["UWS, an account that does not exist", 400, uws("UnifiedWebService.REQUEST_FAILED.AccountNotFound")],
    ["UWS, no account", 400, uws("UnifiedWebService.REQUEST_FAILED.NoAccounts")],
    ["UWS, several accounts", 400, uws("UnifiedWebService.REQUEST_FAILED.MultipleAccounts")],
    ["UWS, an undefined account", 400, uws("UnifiedWebService.INPUT_INVALID.Account.NotDefined")],
    ["an account code with status 401", 401, uws("UnifiedWebService.REQUEST_FAILED.AccountName")],
    ["Device Location on an account", 400, location("Could not find account 0000123456-00001")],
    ["a list with an account's code", 400, [uws("X.Y"), uws("UnifiedWebService.REQUEST_FAILED.AccountName")]],
    [
      "UWS, an account's code whose message names the session",
      400,
      uws("X.AccountName", "No account for this session token")
    ],
    ["Hyper Precise with status 403", 403, { responseCode: "INVALID_ACCESS", message: "Invalid access" }]
  ],
  None: [
    ["an ordinary INVALID_PARAMETER", 400, uws("INVALID_PARAMETER", "deviceList must not be empty")],
    ["the words with another status", 404, uws("INVALID_PARAMETER", "The Session has expired.")],
    ["a custom field of the name", 400, uws("DeviceService.INPUT_INVALID.CustomField.SessionTokenExpired")],
    ["the name in the message only", 400, uws("X.Y", "SessionToken.Expired")],
    ["INVALID_ACCOUNT with status 400", 400, uws("INVALID_ACCOUNT")],
    ["an unexpected error", 400, uws("UnifiedWebService.REQUEST_FAILED.UnexpectedError")],
    ["a wrong path", 400, { fault: fault("900906") }],
    ["a throttled call", 429, { fault: fault("900800") }],
    ["a throttled gateway", 503, { fault: fault(900800) }],
    ["a refused token's code as a product's number", 400, { code: 900901 }],
    ["invalid_token with another status", 400, { error: "invalid_token" }],
    ["an inner status that is neither", 500, { error: "x", error_description: "response for UWS accounts: [503]" }],
    ["an inner status without an error", 400, uws("X.Y", "Failure response received for UWS V1 REST accounts: [400]")],
    ["5G Edge", 400, { status: "FAILED", message: "Bad request", data: {} }],
    ["a bare 400", 400, ""],
    ["a bare 404", 404, ""],
    ["a bare 500", 500, ""],
    ["a JSON null", 400, "null"],
    ["an empty list", 400, "[]"],
    ["a list of texts", 400, `["X.SessionToken.Expired"]`],
    ["a JSON text", 400, `"UnifiedWebService.REQUEST_FAILED.SessionToken.Expired"`],
    ["a fault of another kind", 400, "<fault-report><code>900901</code></fault-report>"]
  ]
}

const text = (body: unknown): string => (typeof body === "string" ? body : JSON.stringify(body))

const rejections = ["AccessToken", "SessionToken", "Unknown", "Permission", "None"] as const

for (const rejection of rejections) {
  describe(`${rejection} is what is refused by`, () => {
    it.each(table[rejection])("%s", (_, status, body) => {
      assert.strictEqual(classify(status, text(body)), rejection)
    })
  })
}

describe("classify", () => {
  it("is None below 400, whatever the body says", () => {
    for (const [, , body] of rejections.flatMap((rejection) => table[rejection])) {
      for (const status of [200, 204, 302, 399]) assert.strictEqual(classify(status, text(body)), "None")
    }
    assert.strictEqual(classify(400, text(uws("SessionToken.Expired"))), "SessionToken")
  })

  it.prop("answers for any status and any text", { status: Schema.Int, body: Schema.String }, ({ body, status }) => {
    assert.include(rejections, classify(status, body))
  })

  it.prop("answers for any JSON", { body: Schema.parseJson() }, ({ body }) => {
    assert.include(rejections, classify(401, JSON.stringify(body)))
  })

  const hostile: ReadonlyArray<readonly [label: string, body: string]> = [
    [
      "words that begin the inner status again and again",
      text({ error: "x", error_description: "UWS ".repeat(16_000) })
    ],
    ["opening brackets", "<".repeat(64_000)],
    ["elements that never end", "<fault>".repeat(9_000)],
    ["a name that never ends", `<${"a".repeat(64_000)}`],
    ["nested objects", `{"a":`.repeat(10_000)]
  ]
  it.each(hostile)("takes its time over no 64 KiB of %s", (_, body) => {
    const started = performance.now()
    classify(400, body)
    assert.isBelow(performance.now() - started, 250)
  })
})

describe("Classifier", () => {
  it.effect("is classify, and can be replaced", () =>
    Effect.gen(function* () {
      assert.strictEqual(yield* Classifier, classify)
      const always = (): Rejection => "SessionToken"
      assert.strictEqual(yield* Effect.provide(Classifier, Layer.succeed(Classifier, always)), always)
    })
  )
})
