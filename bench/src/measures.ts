import { cpu } from "./measures/cpu.js"
import { growth } from "./measures/growth.js"
import { healing } from "./measures/healing.js"
import { lockout } from "./measures/lockout.js"
import { outage } from "./measures/outage.js"
import { throughput } from "./measures/throughput.js"
import { tls } from "./measures/tls.js"
import { tokens } from "./measures/tokens.js"
import { weight } from "./measures/weight.js"
import type { Measure } from "./shared/measure.js"

/** In the order in which they run; the names are those that `npm run bench -- NAME` takes. */
export const measures: Readonly<Record<string, Measure>> = {
  cpu,
  tokens,
  outage,
  healing,
  lockout,
  throughput,
  tls,
  growth,
  weight
}
