/** A path of this page to go on to. Whatever could lead elsewhere, or back to signing in, is the start. */
export function ownPath(path: string | null): string {
  if (path === null || !/^\/(?![/\\])[^\\\p{Cc}]*$/u.test(path)) return "/";
  const url = new URL(path, "http://here.invalid");
  if (url.host !== "here.invalid" || /^\/(?:sign-in|auth)(?:\/|$)/.test(url.pathname)) return "/";
  return url.pathname + url.search + url.hash;
}
