/**
 * What somebody may do with a repository; each may do what those before it may.
 * - `reader`: see it.
 * - `member`: have it synced.
 * - `operator`: remove it, and see how the server is doing.
 */
export const ROLES = ["reader", "member", "operator"] as const;
export type Role = (typeof ROLES)[number];

export function isAtLeast(role: Role | undefined, wanted: Role): boolean {
  return role !== undefined && ROLES.indexOf(role) >= ROLES.indexOf(wanted);
}

/**
 * To whom a repository is shown, besides operators.
 * - `everyone`: to everybody, also on a public server.
 * - `team`: to everybody who signed in.
 * - `forge`: to those who can read it on GitHub now.
 * - `operators`: to nobody else.
 */
export const VISIBILITIES = ["everyone", "team", "forge", "operators"] as const;
export type Visibility = (typeof VISIBILITIES)[number];
