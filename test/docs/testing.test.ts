import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { ThingSpaceEmulator } from "effect-thingspace-auth"
import { commands } from "../../src/internal/emulator/control.js"
import { blocks, codes, read, rows } from "./pages.js"

const page = "docs/testing.md"

describe("docs/testing.md", () => {
  it("shows the program that is examples/testing-your-code.ts", () => {
    const program = read("examples/testing-your-code.ts").replace(/^\/\*\*[\s\S]*?\*\/\n/, "")
    assert.deepStrictEqual(blocks(page, "ts"), [program])
  })

  it("lists what the emulator serves, as the emulator itself does", () => {
    assert.deepStrictEqual(
      rows(page, "What it serves").slice(1),
      ThingSpaceEmulator.endpoints.map(({ credentials, method, path, source, summary }) => [
        `\`${method} ${path}\``,
        credentials,
        summary,
        source
      ])
    )
  })

  it("lists every option, and the two defaults that are not in `defaults` alone", () => {
    const named = rows(page, "Data of one's own").slice(1)
    const { account: _account, password: _password, username: _username, ...options } = ThingSpaceEmulator.defaults
    assert.sameMembers(
      named.flatMap(([names = ""]) => codes(names)),
      Object.keys(options)
    )
    const defaultOf = (option: string) => named.find(([names = ""]) => codes(names).includes(option))?.[2]
    assert.strictEqual(defaultOf("pageSize"), String(options.pageSize))
    assert.strictEqual(defaultOf("maxBodySize"), `${options.maxBodySize / 1024 / 1024} MiB`)
  })

  it("lists every fault that can be made", () => {
    const source = read("src/internal/emulator/fault.ts")
    const made = [...source.matchAll(/^export const (\w+)/gm)].map(([, name = ""]) => name)
    const listed = rows(page, "Faults")
      .slice(1)
      .map(([fault = ""]) => /\w+/.exec(fault)?.[0] ?? "")
    assert.isAbove(made.length, 5)
    assert.sameMembers(listed, made)
  })

  it("lists every order of the control", () => {
    assert.deepStrictEqual(
      rows(page, "From another process or language").slice(1),
      Object.entries(commands).map(([route, { summary }]) => [`\`${route.replace(" ", " /emulator")}\``, summary])
    )
  })

  const orders = [
    ...(blocks(page, "sh").at(-1) ?? "").matchAll(
      /^curl (?:-X (\w+) )?http:\/\/localhost:8787\/emulator(\S+)(?: -d '(.*)')?$/gm
    )
  ]

  it("asks for a token with the credentials and on the port that the emulator has", () => {
    const asks = blocks(page, "sh").filter((code) => code.includes("oauth2/token"))
    const { appKey, appSecret } = ThingSpaceEmulator.defaults
    assert.lengthOf(asks, 1)
    assert.include(asks[0], `-u "${appKey}:${appSecret}"`)
    assert.include(asks[0], "http://localhost:8787/api/ts/v1/oauth2/token")
    assert.match(read("bin/emulator.ts"), /"PORT"\), 8787/)
  })

  it.effect("shows orders that the control takes", () =>
    Effect.gen(function* () {
      const service = yield* ThingSpaceEmulator.ThingSpaceEmulator
      assert.lengthOf(orders, 7)
      for (const [line, method = "GET", path = "", body = ""] of orders) {
        const command = commands[`${method} ${path}`]
        assert.isDefined(command, line)
        yield* command?.run(service, body) ?? Effect.void
      }
      assert.deepInclude((yield* service.devices)[0], { ids: { mdn: "5550000001", imei: "100000000000001" } })
    }).pipe(Effect.provide(ThingSpaceEmulator.layerState()))
  )
})
