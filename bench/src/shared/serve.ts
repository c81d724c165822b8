import { fork, spawnSync } from "node:child_process"
import { mkdtempSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"

/** Starts `server.ts`, which ends with this process. */
export const serve = (...certificate: ReadonlyArray<string>): Promise<number> =>
  new Promise((resume, reject) => {
    const child = fork(new URL("../server.js", import.meta.url), certificate)
    child.once("message", (port) => resume(Number(port)))
    child.once("error", reject)
  })

/** A certificate for the loopback address that is made for one run, and trusted by nobody who is not told to. */
export const selfSigned = (): { readonly certificate: string; readonly key: string } => {
  const folder = mkdtempSync(join(tmpdir(), "bench-"))
  const files = { certificate: join(folder, "certificate.pem"), key: join(folder, "key.pem") }
  const made = spawnSync(
    "openssl",
    // biome-ignore format: one option a line says nothing
    ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout", files.key, "-out", files.certificate],
    { stdio: "ignore" }
  )
  if (made.status !== 0) throw new Error("openssl could not make a certificate")
  return files
}
