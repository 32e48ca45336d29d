import type { CookieSerializeOptions } from "@fastify/cookie";

/** Of the session, and of a sign-in that is under way. */
export interface CookieNames {
  readonly session: string;
  readonly signIn: string;
}

/**
 * With the prefix a browser takes a cookie only from this very host over https, so that nobody who has a neighbouring name can put one
 * there (RFC 6265bis, 4.1.3.2).
 */
export function cookieNames(baseUrl: URL | undefined): CookieNames {
  const prefix = isSecure(baseUrl) ? "__Host-" : "";
  return { session: `${prefix}stackit`, signIn: `${prefix}stackit-sign-in` };
}

/** `maxAgeSec` of 0 takes it back. */
export function cookieOptions(baseUrl: URL | undefined, maxAgeSec: number): CookieSerializeOptions {
  return { path: "/", httpOnly: true, sameSite: "lax", secure: isSecure(baseUrl), maxAge: maxAgeSec };
}

function isSecure(baseUrl: URL | undefined): boolean {
  return baseUrl?.protocol === "https:";
}
