const USER = "x-access-token:";

/** The Authorization header by which forges take a token for Git over HTTP. */
export function basicAuthorization(token: string): string {
  return `Basic ${Buffer.from(`${USER}${token}`).toString("base64")}`;
}

/** The token that such a header was made of. */
export function tokenOf(authorization: string): string {
  return Buffer.from(authorization.replace(/^Basic /, ""), "base64")
    .toString()
    .slice(USER.length);
}
