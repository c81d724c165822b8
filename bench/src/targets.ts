import type { Table } from "./shared/measure.js"

interface Target {
  readonly name: string
  readonly target: string
  /** The figure that is compared, and how. */
  readonly figure: string
  readonly met: (value: number, figures: Readonly<Record<string, number>>) => boolean
}

const exactly = (expected: number) => (value: number) => value === expected
const atMost = (most: number) => (value: number) => value <= most

/** What the library promises of its costs. */
const targets: ReadonlyArray<Target> = [
  {
    name: "10,000 fibers call at once, cold: token requests and logins",
    target: "1 and 1",
    figure: "fibersCredentialRequests",
    met: exactly(2)
  },
  { name: "1,000 calls at expiry: token requests", target: "1", figure: "expiryTokenRequests", met: exactly(1) },
  {
    name: "last 5 minutes of the hour at 50 calls/s: token requests",
    target: "at most 2",
    figure: "lastMinutesTokenRequests",
    met: atMost(2)
  },
  { name: "token revoked under 200 calls: saved", target: "200", figure: "savedFromRevocation", met: exactly(200) },
  { name: "token revoked under 200 calls: renewals", target: "1", figure: "renewalsAfterRevocation", met: exactly(1) },
  { name: "session ended under 200 calls: saved", target: "200", figure: "savedFromDeadSession", met: exactly(200) },
  { name: "session ended under 200 calls: renewals", target: "1", figure: "renewalsAfterDeadSession", met: exactly(1) },
  {
    name: "token endpoint answers 503, old token valid: failed of 100",
    target: "0",
    figure: "outageFailed",
    met: exactly(0)
  },
  {
    name: "token endpoint answers 503, old token valid: delayed of 100",
    target: "0",
    figure: "outageDelayed",
    met: exactly(0)
  },
  {
    name: "one failed token request, then a healthy server: served of 10",
    target: "10",
    figure: "servedAfterOneFailure",
    met: exactly(10)
  },
  {
    name: "wrong password, 1,000 calls over 60 s: logins",
    target: "1",
    figure: "wrongPasswordLogins",
    met: exactly(1)
  },
  {
    name: "CPU per call over bare, both credentials, of Azure's with one; fetch told once",
    target: "at most 0.7",
    figure: "cpuOverAzure",
    met: atMost(0.7)
  },
  {
    name: "the same, fetch told in each call",
    target: "no target",
    figure: "cpuOverAzurePerCallGuard",
    met: () => true
  },
  {
    name: "the same, out of the layers, of that in them",
    target: "at most 1.5",
    figure: "cpuOutOfLayers",
    met: atMost(1.5)
  },
  {
    name: "throughput over loopback, of the bare client's",
    target: "at least 0.95",
    figure: "throughput",
    met: (value) => value >= 0.95
  },
  {
    name: "the same, fetch told once",
    target: "at least 0.95",
    figure: "throughputTold",
    met: (value) => value >= 0.95
  },
  {
    name: "CPU per call over TLS on the recommended transport, of axios's",
    target: "less than 1",
    figure: "tlsCpuOverAxios",
    met: (value) => value < 1
  },
  {
    name: "KiB of heap per idle account, of 10,000",
    target: "at most 12",
    figure: "accountKibibytes",
    met: atMost(12)
  },
  { name: "the same, of that with 100 accounts", target: "about 1", figure: "accountLinear", met: atMost(1.1) },
  {
    name: "KiB of own code for withSession and what it needs, minified and gzipped",
    target: "at most 12",
    figure: "middlewareKibibytes",
    met: atMost(12)
  },
  {
    name: "the same for the whole pipeline",
    target: "at most 12",
    figure: "pipelineKibibytes",
    met: atMost(12)
  }
]

/** Compares what was measured with what is promised. Targets whose measurement did not run are left out. */
export const compared = (figures: Readonly<Record<string, number>>): Table => ({
  title: "Targets",
  columns: ["", "target", "measured", "met"],
  rows: targets.flatMap(({ figure, met, name, target }) => {
    const value = figures[figure]
    return value === undefined ? [] : [[name, target, value, met(value, figures) ? "yes" : "no"]]
  })
})
