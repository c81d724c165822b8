const start = Date.now()

let passed = 0

/**
 * Stops the time that `Date.now` tells, which the peers and the clock of Effect read, and moves it on by hand. Timers go
 * on as before.
 */
export const advance = (milliseconds: number): void => {
  passed += milliseconds
  Date.now = () => start + passed
}

export const pause = (milliseconds: number): Promise<void> => new Promise((resume) => setTimeout(resume, milliseconds))
