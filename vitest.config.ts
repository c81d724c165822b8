import { fileURLToPath } from "node:url"
import { defineConfig } from "vitest/config"

/** What starts servers and processes, or tries thousands of cases: `npm run test:system`. */
const system = "test/{composition,examples,fleet,hostile,recovery,secrets,servers,simulation,soak}/**/*.test.ts"

export default defineConfig({
  resolve: {
    alias: [
      { find: /^effect-thingspace-auth$/, replacement: fileURLToPath(new URL("./src/index.ts", import.meta.url)) },
      { find: /^effect-thingspace-auth\/(.*)$/, replacement: fileURLToPath(new URL("./src/$1.ts", import.meta.url)) }
    ]
  },
  test: {
    testTimeout: 30_000,
    projects: [
      { extends: true, test: { name: "unit", include: ["test/**/*.test.ts"], exclude: [system] } },
      { extends: true, test: { name: "system", include: [system] } },
      // What `npm run example` runs by itself; the system's tests import it.
      { extends: true, test: { name: "example", include: ["examples/testing-your-code.ts"] } }
    ]
  }
})
