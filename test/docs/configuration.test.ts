import { assert, describe, it } from "@effect/vitest"
import * as Duration from "effect/Duration"
import { ThingSpaceConfig } from "effect-thingspace-auth"
import { longestRetryAfter } from "../../src/internal/endpoint/pause.js"
import { filesIn, read, rows } from "./pages.js"

const name = "docs/configuration.md"
const page = read(name)

/** The cells of the row of an option. */
const option = (of: string): ReadonlyArray<string> => rows(name, "Options").find(([cell]) => cell === `\`${of}\``) ?? []

describe("docs/configuration.md", () => {
  it("names every variable of the environment that the library reads, and no other", () => {
    const variables = (text: string) => new Set(text.match(/THINGSPACE_\w+/g))
    const modules = filesIn("src", ".ts")
    const known = variables(modules.map((file) => read(`src/${file}`)).join("\n"))
    assert.sameMembers([...variables(page)], [...known, "THINGSPACE_ACCOUNT"])
  })

  it("lists every option of the assembled layers", () => {
    const options = ["ThingSpaceConfig", "TokenSource", "SessionSource"].flatMap((module) => {
      const [, fields = ""] = /^export interface Options \{\n([\s\S]*?)^\}/m.exec(read(`src/${module}.ts`)) ?? []
      return [...fields.matchAll(/^ {2}readonly (\w+)\?:/gm)].map(([, field]) => field ?? "")
    })
    assert.isAbove(options.length, 6)
    for (const field of options) assert.lengthOf(option(field), 4, field)
  })

  it("gives the defaults that the library has", () => {
    const { baseUrl, origins, requestTimeout } = ThingSpaceConfig.ThingSpaceConfig.defaultValue()
    assert.strictEqual(option("baseUrl")[2], `\`${baseUrl}\``)
    assert.strictEqual(option("requestTimeout")[2], `${Duration.toSeconds(requestTimeout)} seconds`)
    for (const origin of origins.keys()) assert.include(page, `\`${origin}\``)
    assert.match(read("src/TokenSource.ts"), /refreshMargin \?\? Duration\.seconds\(60\)/)
    assert.strictEqual(option("refreshMargin")[2], "60 seconds")
    const sessions = read("src/SessionSource.ts")
    assert.match(sessions, /idleTimeout \?\? "20 minutes"/)
    assert.strictEqual(option("idleTimeout")[2], "20 minutes")
    assert.match(sessions, /logoutOnClose \?\? false/)
    assert.strictEqual(option("logoutOnClose")[2], "`false`")
    assert.match(sessions, /probe \?\? true/)
    assert.strictEqual(option("probe")[2], "`true`")
  })

  it("gives the bounds that the code has", () => {
    assert.match(read("src/SessionSource.ts"), /minimum: "1 second"/)
    assert.include(option("idleTimeout")[3], "at least 1 second")
    assert.match(read("src/internal/credential/heldSession.ts"), /Effect\.timeout\("2 seconds"\)/)
    assert.include(option("logoutOnClose")[3], "within 2 seconds")
  })

  it("gives the times that no option changes as the code has them", () => {
    const times = new Map(rows(name, "Times that no option changes").map(([what = "", time = ""]) => [what, time]))
    const has = (file: string, pattern: RegExp, what: string, time: string) => {
      assert.match(read(`src/internal/${file}`), pattern, what)
      assert.strictEqual(times.get(what), time)
    }
    assert.strictEqual(longestRetryAfter, Duration.toMillis("5 minutes"))
    assert.strictEqual(times.get("a platform's `Retry-After` is heeded"), "at most 5 minutes")
    has(
      "endpoint/tokenPause.ts",
      /longestRefused = Duration\.toMillis\(Duration\.minutes\(1\)\)/,
      "pause after a refused key or secret, for the same pair",
      "1, 2, 4 … 60 seconds"
    )
    has(
      "endpoint/tokenPause.ts",
      /longestTrouble = Duration\.toMillis\(Duration\.seconds\(30\)\)/,
      "pause after other token requests that failed, from the second in a row",
      "1, 2, 4 … 30 seconds"
    )
    has("login/record.ts", /longestPause = 30_000\n/, "pause after a login that was not judged", "1, 2, 4 … 30 seconds")
    has(
      "login/record.ts",
      /= \[2_000, 30_000, 300_000\]\n[\s\S]*halfHour = Duration\.toMillis\(Duration\.minutes\(30\)\)/,
      "pause after the first, second and third uncertain login, and after any further",
      "2 seconds, 30 seconds, 5 minutes; 30 minutes"
    )
    has(
      "client/renewalBackoff.ts",
      /const shortest = 250\nconst longest = 60_000\nconst mostUnhealed = 3\n/,
      "pause of an API that refuses a renewed credential",
      "0.25, 0.5, 1 … 60 seconds"
    )
    assert.include(
      read("docs/composition.md").replaceAll(/\s+/g, " "),
      "0.25, 0.5, 1 … 60 seconds; for 60 seconds at once"
    )
    assert.include(read("docs/composition.md").replaceAll(/\s+/g, " "), "After three such renewals within a minute")
    has(
      "endpoint/lateAnswer.ts",
      /listening = Duration\.minutes\(2\)/,
      "a login that its callers have given up is still listened for",
      "2 minutes"
    )
    has(
      "store/sharing.ts",
      /patience = Duration\.sum\(Duration\.times\(requestTimeout, 2\), Duration\.seconds\(10\)\)/,
      "who waits for another process waits",
      "2 times `requestTimeout` and 10 seconds; then acquires its own"
    )
    assert.match(read("src/TokenSource.ts"), /times\(requestTimeout, 3\), patience\)/)
    assert.strictEqual(
      times.get("who waits for a token waits"),
      "3 times `requestTimeout`; with a store as long as for another process more"
    )
    has(
      "credential/heldSession.ts",
      /times\(requestTimeout, 6\), Duration\.times\(patience, 3\)\)/,
      "who waits for a session waits",
      "6 times `requestTimeout`; with a store 3 times as long as for another process more"
    )
  })
})
