/** The package brings no types; this is what is used of it. */
declare module "simple-oauth2" {
  export interface AccessToken {
    readonly token: { readonly access_token: string }
    readonly expired: (windowInSeconds?: number) => boolean
  }
  export class ClientCredentials {
    constructor(options: {
      readonly client: { readonly id: string; readonly secret: string }
      readonly auth: { readonly tokenHost: string }
    })
    createToken(token: { readonly access_token: string; readonly expires_in: number }): AccessToken
  }
}
