/** A `Host` without its port, in lower case. */
const nameOf = (host: string) => host.toLowerCase().replace(/:\d*$/, "")

/** Whether a name leads to this machine wherever it is resolved. */
const isLoopback = (name: string) =>
  name === "localhost" || name.endsWith(".localhost") || name === "[::1]" || /^127(\.\d{1,3}){3}$/.test(name)

/** Whether a server of the emulator answers to a `Host`. */
export const isOwn = (host: string, hosts: ReadonlyArray<string>): boolean => {
  const name = nameOf(host)
  return isLoopback(name) || hosts.some((own) => own.toLowerCase() === name)
}

/** Whether an address of a peer is this machine's own. */
export const isLoopbackAddress = (address: string): boolean =>
  /^(::ffff:)?127(\.\d{1,3}){3}$/i.test(address) || address === "::1"
