import { spawn, spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs"
import { connect, createServer, type Server as NetServer, type Socket } from "node:net"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as redis from "./redis.js"

const listening = (server: NetServer) =>
  Effect.async<number>((resume) => {
    server.listen(0, "127.0.0.1", () => {
      const address = server.address()
      resume(Effect.succeed(typeof address === "object" && address !== null ? address.port : 0))
    })
  })

const serving = (accept: (socket: Socket) => void) =>
  Effect.gen(function* () {
    const sockets = new Set<Socket>()
    const server = createServer((socket) => {
      sockets.add(socket)
      socket.on("error", () => undefined).on("close", () => sockets.delete(socket))
      accept(socket)
    })
    const port = yield* Effect.acquireRelease(listening(server), () =>
      Effect.sync(() => {
        for (const socket of sockets) socket.destroy()
        server.close()
      })
    )
    return Redacted.make(`redis://127.0.0.1:${port}`)
  })

/** Takes connections and never answers. */
export const mute = serving(() => undefined)

/** A name that is resolved anew with each connection, as a managed Redis has one: connections that are open stay. */
export const alias = (first: redis.Server) =>
  Effect.gen(function* () {
    let target = first.port
    const url = yield* serving((socket) => {
      const behind = connect(target, "127.0.0.1")
      behind.on("error", () => socket.destroy()).on("close", () => socket.destroy())
      socket.on("close", () => behind.destroy())
      socket.pipe(behind)
      behind.pipe(socket)
    })
    return {
      url,
      pointTo: (server: redis.Server) =>
        Effect.sync(() => {
          target = server.port
        })
    }
  })

/** What a command says, until it says what is awaited. */
const until = (server: redis.Server, words: ReadonlyArray<string>, expected: RegExp) =>
  server.command(...words).pipe(
    Effect.map(String),
    Effect.repeat({
      until: (said) => expected.test(said),
      schedule: Schedule.spaced("50 millis").pipe(Schedule.upTo("20 seconds"))
    })
  )

/** A primary with one replica that has caught up with it. */
export const pair = Effect.gen(function* () {
  const primary = yield* redis.makeWith(["--repl-diskless-sync-delay", "0"])
  const replica = yield* redis.makeWith(["--replicaof", "127.0.0.1", `${primary.port}`])
  yield* until(replica, ["INFO", "replication"], /master_link_status:up/)
  return { primary, replica }
})

/** The replica becomes the primary, and the old primary its replica. */
export const failOver = (primary: redis.Server, replica: redis.Server) =>
  Effect.gen(function* () {
    yield* replica.command("REPLICAOF", "NO", "ONE")
    yield* primary.command("REPLICAOF", "127.0.0.1", `${replica.port}`)
  })

/** A sentinel that watches a primary, and takes a second to call it down. */
export const sentinel = (primary: redis.Server) =>
  Effect.gen(function* () {
    const port = yield* redis.freePort
    const folder = yield* Effect.acquireRelease(
      Effect.sync(() => mkdtempSync(join(tmpdir(), "sentinel-"))),
      (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
    )
    const settings = join(folder, "sentinel.conf")
    writeFileSync(
      settings,
      [
        `port ${port}`,
        "bind 127.0.0.1",
        `dir ${folder}`,
        `sentinel monitor main 127.0.0.1 ${primary.port} 1`,
        "sentinel down-after-milliseconds main 1000",
        "sentinel failover-timeout main 3000"
      ].join("\n")
    )
    yield* Effect.acquireRelease(
      Effect.sync(() => spawn("redis-server", [settings, "--sentinel"], { stdio: "ignore" })),
      (child) => Effect.sync(() => child.kill("SIGKILL"))
    )
    const ask = Effect.sync(
      () => spawnSync("redis-cli", ["-p", `${port}`, "SENTINEL", "REPLICAS", "main"], { encoding: "utf8" }).stdout ?? ""
    )
    yield* Effect.repeat(ask, {
      until: (said) => said.includes("slave") && !said.includes("s_down"),
      schedule: Schedule.spaced("200 millis").pipe(Schedule.upTo("20 seconds"))
    })
    return { name: "main", urls: [Redacted.make(`redis://127.0.0.1:${port}`)] }
  })

const cli = (...words: ReadonlyArray<string>) =>
  Effect.async<string>((resume) => {
    const child = spawn("redis-cli", words, { stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    child.stdout.on("data", (part) => {
      said += part
    })
    child.on("close", () => resume(Effect.succeed(said)))
  })

/** A cluster of three nodes, whose slots can be moved. */
export const cluster = Effect.gen(function* () {
  const node = Effect.flatMap(redis.freePort, (bus) =>
    redis.makeWith(["--cluster-enabled", "yes", "--cluster-port", `${bus}`, "--cluster-node-timeout", "2000"])
  )
  const nodes = yield* Effect.all([node, node, node])
  const addresses = nodes.map(({ port }) => `127.0.0.1:${port}`)
  yield* cli("--cluster", "create", ...addresses, "--cluster-yes")
  for (const one of nodes) yield* until(one, ["CLUSTER", "INFO"], /cluster_state:ok/)
  const move = (from: redis.Server, to: redis.Server, slots: number) =>
    Effect.gen(function* () {
      const [source, target] = yield* Effect.all([from.command("CLUSTER", "MYID"), to.command("CLUSTER", "MYID")])
      yield* cli(
        ...["--cluster", "reshard", `127.0.0.1:${from.port}`, "--cluster-yes"],
        ...["--cluster-from", String(source), "--cluster-to", String(target), "--cluster-slots", String(slots)]
      )
    })
  return { nodes, urls: nodes.map(({ url }) => url), move }
})

/** A Redis over TLS, with a certificate that only `ca` vouches for. */
export const secure = Effect.gen(function* () {
  const folder = yield* Effect.acquireRelease(
    Effect.sync(() => mkdtempSync(join(tmpdir(), "redis-tls-"))),
    (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
  )
  const key = join(folder, "key.pem")
  const certificate = join(folder, "certificate.pem")
  spawnSync("openssl", [
    ...["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2"],
    ...["-subj", "/CN=localhost", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", key, "-out", certificate]
  ])
  const port = yield* redis.freePort
  const settings = ["--tls-port", `${port}`, "--tls-cert-file", certificate, "--tls-key-file", key]
  const server = yield* redis.makeWith([...settings, "--tls-ca-cert-file", certificate, "--tls-auth-clients", "no"])
  return { server, url: Redacted.make(`rediss://127.0.0.1:${port}`), ca: readFileSync(certificate, "utf8") }
})
