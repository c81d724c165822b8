/**
 * The programs that once broke a promise, or seemed to; `simulation.test.ts` runs them.
 */
import { endings, type Program } from "./program.js"

/** A program as the simulation found and shrank it. */
export interface Regression {
  /** What the pipeline does in it. */
  readonly promise: string
  readonly program: Program
}

/** Of each kind of trouble two short programs that end in it. */
export const shortest: ReadonlyArray<Program> = endings.flatMap((ending, n) =>
  [n, n + 1].map(
    (seed): Program => ({
      setup: {
        seed,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: ending === "lingering token" ? 300 : 0,
        lag: ending === "lagging node" ? 1000 : 0,
        ending,
        outward: [10],
        homeward: [10]
      },
      steps: [{ do: "call", api: "account", times: 1 }]
    })
  )
)

export const regressions: ReadonlyArray<Regression> = [
  {
    promise: "asks for another token where the renewal of the last came in the moment in which that was refused",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [1],
        homeward: [0]
      },
      steps: [
        { do: "call", api: "account", times: 4 },
        { do: "set the clock", by: -3 },
        { do: "wait", millis: 3480000 }
      ]
    }
  },
  {
    promise: "does not send a session that was refused while the call waited for its token",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [1, 0],
        homeward: [2]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "call", api: "account", times: 3 },
        { do: "revoke" },
        { do: "end sessions" },
        { do: "call", api: "account", times: 4 }
      ]
    }
  },
  {
    promise: "does not log in again while the layer logs out at its close",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: true,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 90000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [1, 0]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "fault", target: "account", mishap: "token refused", times: 1 },
        { do: "wait", millis: 1740000 },
        { do: "call", api: "account", times: 1 },
        { do: "close" }
      ]
    }
  },
  {
    promise: "may try a session with another token where a 401 does not say which of the two it refuses",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [1]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 120000 },
        { do: "restart the platform" },
        { do: "call", api: "account", times: 1, patience: 1, givesUp: "timeout" },
        { do: "wait", millis: 60 },
        { do: "call", api: "vehicles", times: 1 },
        { do: "revoke" },
        { do: "wait", millis: 60 }
      ]
    }
  },
  {
    promise: "logs in where the session had idled out before somebody set the clock back",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 90000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [1]
      },
      steps: [
        { do: "call", api: "account", times: 4 },
        { do: "wait", millis: 2346 },
        { do: "wait", millis: 1197615 },
        { do: "wait", millis: 41 },
        { do: "set the clock", by: -2 },
        { do: "call", api: "account", times: 1 }
      ]
    }
  },
  {
    promise: "counts a request as a use of the session by its status, also where the rest of the answer is lost",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [0]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "fault", target: "account", mishap: "truncated", times: 3 },
        { do: "wait", millis: 1195000 },
        { do: "call", api: "account", times: 1 }
      ]
    }
  },
  {
    promise:
      "logs in where a session was found idled out, also where an earlier request is accepted before the login is sent",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [1]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 3584096 },
        { do: "call", api: "account", times: 1 },
        { do: "set the clock", by: 15906 },
        { do: "fault", target: "token", mishap: "lost request", times: 1 },
        { do: "call", api: "account", times: 4 },
        { do: "wait", millis: 0 },
        { do: "call", api: "account", times: 4 },
        { do: "end sessions" }
      ]
    }
  },
  {
    promise: "asks for another token where the one that comes was refused on its way",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0, 42, 1],
        homeward: [3, 0, 0]
      },
      steps: [
        { do: "fault", target: "account", mishap: "lost request", times: 1 },
        { do: "call", api: "forbidden", times: 3 },
        { do: "wait", millis: 45 },
        { do: "call", api: "forbidden", times: 3 },
        { do: "wait", millis: 40 },
        { do: "revoke" },
        { do: "call", api: "account", times: 4 },
        { do: "fault", target: "token", mishap: "lost request", times: 1 }
      ]
    }
  },
  {
    promise: "keeps a token that was handed back also where an older one was refused meanwhile",
    program: {
      setup: {
        seed: 0,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0, 0, 0, 9990],
        homeward: [1]
      },
      steps: [
        { do: "fault", target: "account", mishap: "lost request", times: 1 },
        { do: "call", api: "forbidden", times: 18 },
        { do: "wait", millis: 2 },
        { do: "call", api: "account", times: 1 },
        { do: "call", api: "account", times: 1, patience: 0, givesUp: "timeout" },
        { do: "fault", target: "login", mishap: "bare 401", times: 3 },
        { do: "restart the platform" },
        { do: "call", api: "account", times: 1, patience: 1, givesUp: "timeout" },
        { do: "end sessions" },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "end sessions" },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "rotate credentials", user: 0, password: 0 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 2000 },
        { do: "call", api: "forbidden", times: 4 },
        { do: "end sessions" }
      ]
    }
  },
  {
    promise: "keeps the token that replaced a refused one, when a slower call was refused with that",
    program: {
      setup: {
        seed: 1,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 3600000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [0, 0, 0, 0, 400]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 1000 },
        { do: "revoke elsewhere" },
        { do: "call", api: "account", times: 2 },
        { do: "wait", millis: 5000 },
        { do: "call", api: "account", times: 1 }
      ]
    }
  },
  {
    promise: "does not repeat a renewal ahead of time that has failed",
    program: {
      setup: {
        seed: 1,
        relogin: "onIdleExpiry",
        logoutOnClose: false,
        refreshMargin: 60000,
        singleSession: false,
        tokenLifetime: 90000,
        tenants: 1,
        store: false,
        linger: 0,
        lag: 0,
        ending: "none",
        outward: [0],
        homeward: [0]
      },
      steps: [
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 35000 },
        { do: "fault", target: "token", mishap: "500", times: 2 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 5000 },
        { do: "call", api: "account", times: 1 },
        { do: "wait", millis: 5000 }
      ]
    }
  }
]
