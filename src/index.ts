/**
 * Authentication for Verizon ThingSpace on Effect: one namespace per module.
 *
 * `effect-thingspace-auth/RedisCredentialStore` is not among them: it needs the `redis` package, which most programs do
 * not have, and a bundler resolves whatever this module names.
 *
 * @since 0.1.0
 */
export * as AccessToken from "./AccessToken.js"
export * as AuthError from "./AuthError.js"
export * as AuthStatus from "./AuthStatus.js"
export * as CredentialStore from "./CredentialStore.js"
export * as Credentials from "./Credentials.js"
export * as LoginGuard from "./LoginGuard.js"
export * as OAuthClient from "./OAuthClient.js"
export * as Rejection from "./Rejection.js"
export * as SessionClient from "./SessionClient.js"
export * as SessionSource from "./SessionSource.js"
export * as SessionToken from "./SessionToken.js"
export * as ThingSpaceConfig from "./ThingSpaceConfig.js"
export * as ThingSpaceEmulator from "./ThingSpaceEmulator.js"
export * as ThingSpaceFetch from "./ThingSpaceFetch.js"
export * as ThingSpaceHttpClient from "./ThingSpaceHttpClient.js"
export * as ThingSpaceTransport from "./ThingSpaceTransport.js"
export * as TokenSource from "./TokenSource.js"
