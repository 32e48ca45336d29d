/** An answer that sends elsewhere. */
export interface Redirect {
  readonly status: number;
  readonly location: string;
}

export const MAX_REDIRECTS = 5;

/** Whether whoever asks may remember it. */
export function isPermanent({ status }: Redirect): boolean {
  return status === 301 || status === 308;
}

/**
 * Where a redirect of `<base><suffix>` leads: the new base, when it stays with the origin and asks the same of another path.
 * Undefined otherwise, also for the same host by another protocol or port: credentials are for an origin.
 */
export function redirectedBase(base: string, { location }: Redirect, suffix: string): string | undefined {
  const to = URL.parse(location, `${base}${suffix}`);
  if (!to || to.origin !== new URL(base).origin || to.username || to.password) return undefined;
  if (!to.href.endsWith(suffix) || to.pathname === new URL(suffix, to).pathname) return undefined;
  return to.href.slice(0, -suffix.length);
}
