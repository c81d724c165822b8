/** The library as it is published: `npm run bench` builds it first. */
export * from "../../../dist/index.js"
