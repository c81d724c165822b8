/**
 * Has Node's `fetch` use the dispatcher it brings: one that the `undici` package finds missing when it is loaded, as
 * NodeHttpClient loads it, it replaces by its own for the whole process.
 */
await fetch("data:,")
